use std::io::Write as _;
use std::process::Command;

use base64::Engine as _;
use rampart_report::{Report, write_html};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::world::{HOSTILE, hostile, shop, with_report, written};

fn html(report: &Report<'_>) -> String {
    written(|out| write_html(report, out))
}

/// The text between two marks, once each.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

fn data(page: &str) -> Value {
    serde_json::from_str(between(page, "<script type=\"application/json\" id=\"data\">", "</script>"))
        .unwrap()
}

#[test]
fn the_page_asks_for_nothing_and_runs_nothing_else() {
    let page = shop(html);
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    for (start, kind) in [("<style>", "style"), ("</script>\n<script>", "script")] {
        let text = between(&page, start, &format!("</{kind}>"));
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
        assert!(policy.contains(&format!("{kind}-src 'sha256-{hash}'")), "{kind} {hash} {policy}");
        assert!(
            !text.contains("innerHTML") && !text.contains("http://") && !text.contains("https://"),
            "{kind}"
        );
    }
    let body = page.split_once("<body>").unwrap().1;
    for word in [" src=", " onclick=", " style=", "<link", "<iframe", "url("] {
        assert!(!body.split("id=\"data\"").next().unwrap().contains(word), "{word}");
    }
}

#[test]
fn names_end_no_element() {
    let page = with_report("</title><script>x</script>.yaml", &hostile(), html);
    assert_eq!(page.matches("<script").count(), 2, "the data and the program");
    assert!(!between(&page, "id=\"data\">", "</script>").contains('<'));
    let data = data(&page);
    assert!(data["objects"].as_array().unwrap().iter().all(|object| object[3] == HOSTILE), "names are whole");
}

#[test]
fn every_finding_and_its_parts_are_in_the_data() {
    shop(|report| {
        let data = data(&html(report));
        let rows: Vec<i64> =
            data["findings"].as_array().unwrap().iter().map(|cell| cell.as_i64().unwrap()).collect();
        assert_eq!(rows.len(), report.findings.len() * 11);
        let text = |id: i64| data["texts"][usize::try_from(id).unwrap()].as_str().unwrap();
        let mut excerpts = 0;
        for (row, finding) in rows.chunks(11).zip(report.findings) {
            let object = report.inventory.object(finding.object);
            assert_eq!(data["objects"][row[0] as usize][3], object.name());
            assert_eq!(data["details"][row[1] as usize][2], *finding.detail.what);
            assert_eq!(text(row[2]), finding.path().as_str());
            assert_eq!(row[6] >= 0, finding.excepted.is_some());
            assert!(row[7] < 0 || !finding.detail.sensitive, "a secret is not shown");
            if row[7] >= 0 {
                excerpts += 1;
                let marked: String =
                    text(row[7]).chars().skip(row[9] as usize).take((row[10] - row[9]) as usize).collect();
                assert!(!marked.is_empty() && text(row[7]).contains(&marked), "{row:?}");
            }
        }
        assert!(excerpts > 10);
        let changes =
            data["details"].as_array().unwrap().iter().filter(|detail| detail[4][2].is_array()).count();
        assert!(changes > 5, "{changes} fixes with lines");
        assert_eq!(data["facts"].as_array().unwrap().len(), report.facts.len());
        assert_eq!(data["problems"].as_array().unwrap().len(), report.problems.len());
        assert_eq!(data["rules"].as_array().unwrap().len(), report.rules.len());
    });
}

/// The page after its program ran, where a Chromium is installed.
fn opened(page: &str, hash: &str) -> Option<String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.html");
    std::fs::write(&file, page).unwrap();
    let program = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|program| Command::new(program).arg("--version").output().is_ok());
    let Some(program) = program else {
        drop(writeln!(std::io::stderr(), "skipped: no Chromium"));
        return None;
    };
    let output = Command::new(program)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=4000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", directory.path().join("profile").display()))
        .arg(format!("file://{}{hash}", file.display()))
        .output()
        .unwrap();
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_browser_shows_hostile_names_as_text() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: \"<img src=x onerror=document.title='owned'>\", namespace: a}\nspec: {hostPID: true}\n";
    let Some(page) = with_report("x.yaml", pod, |report| opened(&html(report), "")) else { return };
    assert!(page.contains("&lt;img src=x onerror"), "{page}");
    assert!(!page.contains("<img") && !page.contains("<title>owned"), "{page}");
    assert!(page.contains("finding") && page.contains("role=\"option\""), "the program ran");
}

#[test]
fn every_view_opens() {
    let page = shop(html);
    for (hash, word) in [
        ("#view=rules", "ran without a finding"),
        ("#view=namespaces", "Where it is worst"),
        ("#view=frameworks", "% of the controls"),
        ("#view=inventory", "is read by"),
        ("#view=input", "Not read in full: 2 problems"),
        ("#level=excepted", "Accepted: "),
    ] {
        let Some(shown) = opened(&page, hash) else { return };
        let body = shown.split_once("<body>").unwrap().1.split("id=\"data\"").next().unwrap().to_owned();
        assert!(body.contains(word), "{hash}: {body}");
    }
}
