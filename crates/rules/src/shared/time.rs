//! Calendar days and times as the API writes them.

/// Days from 1970-01-01 to a date written `YYYY-MM-DD`. Algorithm: proleptic Gregorian calendar in eras of 400 years.
pub(crate) fn days(date: &str) -> Option<i64> {
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1..=9_999).contains(&year) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Seconds since 1970 of a time, as the API writes it (`2026-01-31T12:00:00Z`) or with another offset from UTC.
pub(crate) fn seconds(time: &str) -> Option<i64> {
    let (date, clock) = time.split_once('T')?;
    let (clock, ahead) = match (clock.strip_suffix('Z'), clock.split_once(['+', '-'])) {
        (Some(clock), _) => (clock, 0),
        (None, Some((local, offset))) => {
            let (hours, minutes) = offset.split_once(':')?;
            let ahead = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
            (local, if clock.contains('+') { ahead } else { -ahead })
        }
        (None, None) => return None,
    };
    let mut parts =
        clock.splitn(3, ':').map(|part| part.split('.').next().and_then(|part| part.parse::<i64>().ok()));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    Some(days(date).filter(|_| valid)? * 86_400 + hour * 3_600 + minute * 60 + second - ahead)
}

/// The date of a moment, as `YYYY-MM-DD`. Algorithm: the inverse of [`days`].
pub(crate) fn date(seconds: i64) -> String {
    let shifted = seconds.div_euclid(86_400) + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_days() {
        for (text, want) in [
            ("1970-01-01", Some(0)),
            ("2000-02-29", Some(11_016)),
            ("2026-01-01", Some(20_454)),
            ("2026-13-01", None),
            ("soon", None),
        ] {
            assert_eq!(days(text), want, "{text}");
            assert_eq!(want.map(|days| date(days * 86_400 + 1)).as_deref(), want.map(|_| text));
        }
        assert_eq!(date(-1), "1969-12-31");
    }

    #[test]
    fn reads_times() {
        for (text, want) in [
            ("1970-01-02T00:00:01Z", Some(86_401)),
            ("2026-01-01T00:00:00.123456Z", Some(1_767_225_600)),
            ("2026-01-01T25:00:00Z", None),
            ("2026-01-01T00:00:00+01:00", Some(1_767_222_000)),
            ("2025-12-31T23:30:00-00:30", Some(1_767_225_600)),
            ("2026-01-01T00:00:00", None),
            ("2026-01-01", None),
        ] {
            assert_eq!(seconds(text), want, "{text}");
        }
    }
}
