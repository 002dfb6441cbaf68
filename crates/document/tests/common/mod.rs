//! What several integration tests share: a small seeded generator of YAML documents in every style.

/// A small generator of pseudo-random numbers (splitmix64); the same seed gives the same documents everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// Plain scalars whose meaning readers disagree about.
pub(crate) const SCALARS: &[&str] = &[
    "",
    "~",
    "null",
    "Null",
    "NULL",
    "nULL",
    "true",
    "True",
    "TRUE",
    "tRUE",
    "false",
    "yes",
    "Yes",
    "YES",
    "yEs",
    "no",
    "No",
    "NO",
    "on",
    "On",
    "ON",
    "off",
    "Off",
    "OFF",
    "y",
    "Y",
    "n",
    "N",
    "0",
    "-0",
    "+0",
    "1",
    "+1",
    "-1",
    "00",
    "07",
    "08",
    "0777",
    "0888",
    "-0777",
    "0o17",
    "0O17",
    "0o8",
    "0o",
    "0x1F",
    "0X1f",
    "-0x1F",
    "+0x1F",
    "0x",
    "0xg",
    "0b101",
    "0B101",
    "-0b101",
    "0b",
    "0b2",
    "0b-1",
    "0b+1",
    "-0b-1",
    "1_000",
    "_1",
    "1_",
    "1__0",
    "-_1",
    "+_1",
    "0x_1F",
    "0_7",
    "1_0.5",
    "_",
    "-",
    "+",
    "12:30",
    "1:30:45",
    "190:20:30",
    "190:20:30.15",
    "2001-12-14",
    "2001-1-1",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10",
    "2001-13-45",
    "1.0",
    "1.5",
    "-1.5",
    "+1.5",
    "1.",
    ".5",
    "-.5",
    "+.5",
    ".",
    "..",
    "...x",
    "1.2.3",
    "1e3",
    "1E3",
    "1e+3",
    "1e-3",
    "1.5e3",
    "1e",
    "e3",
    "1e3.5",
    "1e21",
    "1e20",
    "1e19",
    "1e18",
    "9007199254740993",
    "9007199254740993.0",
    "1152921504606846976.0",
    "1e400",
    "-1e400",
    "1e-400",
    "0.1",
    "100000.0",
    "1000000.0",
    "0.00001",
    "123456789.123",
    "3.0",
    "-3.0",
    "-0.0",
    ".inf",
    ".Inf",
    ".INF",
    "-.inf",
    "+.inf",
    ".iNF",
    "inf",
    ".nan",
    ".NaN",
    ".NAN",
    "nan",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "+18446744073709551615",
    "0xffffffffffffffff",
    "0x10000000000000000",
    "-0xffffffffffffffff",
    "1e1000",
    ".5_0",
    ".e1",
    ".5e3",
    "._5",
    "<<",
    "=",
    "a",
    "abc",
    "a b",
    "a_b",
    "100m",
    "1Gi",
    "0.5Gi",
    "v1",
    "1.25.3",
    "a:b",
    "a#b",
    "http://x/y",
    "nginx:1.2",
    "*.example.com",
    "a, b",
    "ünï",
    "日本",
    "x'y",
    "x\"y",
    "-a",
    "--",
    "- a",
    "?x",
    ":x",
    "a:",
    "%x",
    "@x",
    "`x",
    "!x",
    "&x",
    "|x",
    ">x",
    "0.0.0.0/0",
    "::1",
    "1,000",
    "1 000",
    "0 1",
    "1 # c",
    "1#c",
    "null # c",
    "~x",
    "yes # c",
];

const KEYS: &[&str] = &[
    "a",
    "b",
    "c",
    "name",
    "kind",
    "spec",
    "metadata",
    "app.kubernetes.io/name",
    "x-y",
    "a b",
    "\"q\"",
    "'s'",
    "\"a: b\"",
    "'it''s'",
    "\"\\u00e9\"",
    "é",
];

/// Writes one random document.
pub(crate) struct Writer<'a> {
    pub(crate) dice: &'a mut Dice,
    pub(crate) text: String,
    anchors: usize,
    maps: Vec<usize>,
    /// Odd scalars, tags and keys; plain Kubernetes style otherwise.
    odd: bool,
}

/// One document; `odd` ones use the traps of YAML 1.1, others look like manifests.
pub(crate) fn document(dice: &mut Dice, odd: bool) -> String {
    let mut writer = Writer { dice, text: String::new(), anchors: 0, maps: Vec::new(), odd };
    if writer.dice.chance(20) {
        writer.text.push_str("---\n");
    }
    if writer.dice.chance(15) {
        writer.text.push_str("# a comment: {x\n");
    }
    if writer.dice.chance(90) {
        writer.mapping(0, 0);
    } else {
        writer.sequence(0, 0);
    }
    let mut text = writer.text;
    if dice.chance(10) {
        text.truncate(text.trim_end().len());
    }
    if dice.chance(10) {
        text = text.replace('\n', "\r\n");
    }
    text
}

impl Writer<'_> {
    fn pad(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn line_end(&mut self) {
        if self.dice.chance(8) {
            self.text.push_str(" # note: \"x");
        }
        if self.dice.chance(3) {
            self.text.push_str("  ");
        }
        self.text.push('\n');
        if self.dice.chance(4) {
            self.text.push_str("\n   # between\n");
        }
    }

    fn key(&mut self, index: usize) -> String {
        match self.dice.below(20) {
            0 if self.odd => self.dice.pick(SCALARS).to_owned(),
            1 | 2 => self.dice.pick(KEYS).to_owned(),
            _ => format!("k{index}"),
        }
    }

    fn mapping(&mut self, indent: usize, depth: usize) {
        for index in 0..1 + self.dice.below(4) {
            if index > 0 || depth == 0 || self.text.ends_with('\n') {
                self.pad(indent);
            }
            if self.odd && !self.maps.is_empty() && self.dice.chance(6) {
                let anchor = self.dice.pick(&self.maps);
                let line = if self.dice.chance(30) {
                    format!("<<: [*m{anchor}, {{z: 1}}]")
                } else {
                    format!("<<: *m{anchor}")
                };
                self.text.push_str(&line);
                self.line_end();
                continue;
            }
            let key = self.key(index);
            self.text.push_str(&key);
            if self.dice.chance(2) {
                self.text.push(' ');
            }
            self.text.push(':');
            self.block_value(indent, depth, true);
        }
    }

    fn sequence(&mut self, indent: usize, depth: usize) {
        for index in 0..1 + self.dice.below(3) {
            if index > 0 || depth == 0 || self.text.ends_with('\n') {
                self.pad(indent);
            }
            self.text.push('-');
            if depth < 4 && self.dice.chance(40) {
                let gap = 1 + self.dice.below(3);
                self.pad(gap);
                if self.dice.chance(80) {
                    self.mapping(indent + 1 + gap, depth + 1);
                } else {
                    self.sequence(indent + 1 + gap, depth + 1);
                }
            } else {
                self.block_value(indent, depth, false);
            }
        }
    }

    fn block_value(&mut self, indent: usize, depth: usize, in_map: bool) {
        let choice = self.dice.below(100);
        if depth < 4 && choice < 35 {
            let map = self.dice.chance(60);
            if self.dice.chance(10) {
                self.anchors += 1;
                let anchor = self.anchors;
                self.text.push_str(&format!(" &m{anchor}"));
                if map {
                    self.maps.push(anchor);
                }
            }
            self.line_end();
            let step = if map || !in_map || self.dice.chance(60) { 1 + self.dice.below(4) } else { 0 };
            let maps = self.maps.len();
            if map {
                self.mapping(indent + step, depth + 1);
            } else {
                self.sequence(indent + step, depth + 1);
            }
            // An anchor may only be used once its mapping is complete.
            if self.dice.chance(3) {
                self.maps.truncate(maps);
            }
        } else if choice < 45 {
            self.text.push(' ');
            self.flow(0);
            self.line_end();
        } else if choice < 53 {
            let header = self.dice.pick(&["|", ">", "|-", ">-", "|+", ">+", "|2", "| # c"]);
            self.text.push_str(&format!(" {header}\n"));
            let step = if header == "|2" { 2 } else { 1 + self.dice.below(3) };
            for _ in 0..1 + self.dice.below(3) {
                self.pad(indent + step);
                let line = self.dice.pick(&[
                    "text",
                    "a: b",
                    "# not a comment",
                    "- x",
                    "",
                    "  more",
                    "---",
                    "end \\",
                ]);
                let line = if line.starts_with(' ') && self.text.ends_with(&format!("{header}\n")) {
                    "text"
                } else {
                    line
                };
                self.text.push_str(line);
                self.text.push('\n');
            }
        } else {
            self.text.push(' ');
            self.scalar(false);
            self.line_end();
        }
    }

    fn flow(&mut self, depth: usize) {
        let map = self.dice.chance(50);
        self.text.push(if map { '{' } else { '[' });
        for index in 0..self.dice.below(4) {
            if index > 0 {
                self.text.push_str(if self.dice.chance(80) { ", " } else { "," });
            }
            if map {
                let key = format!("f{index}");
                self.text.push_str(&key);
                self.text.push_str(": ");
            }
            if depth < 3 && self.dice.chance(25) { self.flow(depth + 1) } else { self.scalar(true) }
        }
        self.text.push(if map { '}' } else { ']' });
    }

    fn scalar(&mut self, flow: bool) {
        if self.odd && self.dice.chance(5) {
            let tag =
                self.dice.pick(&["!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!mine", "!"]);
            self.text.push_str(&format!("{tag} "));
        }
        if !self.maps.is_empty() && self.dice.chance(4) {
            let anchor = self.dice.pick(&self.maps);
            self.text.push_str(&format!("*m{anchor} "));
            return;
        }
        let odd = self.odd && self.dice.chance(60);
        let content: &str = if odd {
            self.dice.pick(SCALARS)
        } else {
            self.dice.pick(&[
                "web",
                "nginx:1.27",
                "true",
                "false",
                "8080",
                "100m",
                "1Gi",
                "/var/run",
                "a b c",
                "0.5",
                "x-1",
            ])
        };
        let text = match self.dice.below(10) {
            0 => format!("'{}'", content.replace('\'', "''")),
            1 => format!("\"{}\"", content.replace('\\', "\\\\").replace('"', "\\\"")),
            2 if self.odd && self.dice.chance(30) => (self.dice.pick(&[
                "\"a\\tb\\n\"",
                "\"\\x41\\u00e9\\U0001F600\"",
                "\"a\\\n                         b\"",
                "'a\n\n                         b'",
                "\"\\/\"",
            ]))
            .to_owned(),
            _ if flow && (content == "-" || content.contains([',', '[', ']', '{', '}', ':', '#', '?'])) => {
                format!("'{}'", content.replace('\'', "''"))
            }
            _ => content.to_owned(),
        };
        self.text.push_str(&text);
    }
}
