use rampart_report::{
    PolicyApi, PolicyForm, Report, TextOptions, write_csv, write_github, write_gitlab, write_html,
    write_json, write_junit, write_markdown, write_policy_report, write_sarif, write_text,
};

use crate::world::{shop, with_report, written};

const VALUE: &str = "hunter2-correct-horse";

fn all(report: &Report<'_>) -> Vec<(&'static str, String)> {
    let options = TextOptions { color: false, width: 100, verbose: true };
    vec![
        ("text", written(|out| write_text(report, &options, out))),
        ("json", written(|out| write_json(report, out))),
        ("sarif", written(|out| write_sarif(report, out))),
        ("junit", written(|out| write_junit(report, out))),
        ("csv", written(|out| write_csv(report, out))),
        ("markdown", written(|out| write_markdown(report, out))),
        ("github", written(|out| write_github(report, out))),
        ("html", written(|out| write_html(report, out))),
        ("gitlab", written(|out| write_gitlab(report, out))),
        (
            "openreports",
            written(|out| write_policy_report(report, PolicyApi::OpenReports, PolicyForm::Yaml, out)),
        ),
    ]
}

#[test]
fn no_output_shows_a_secret() {
    for (name, text) in shop(all) {
        assert!(text.contains("secret-in-manifest") || ["text", "github"].contains(&name), "{name}");
        assert!(!text.contains(VALUE), "{name} shows the value");
    }
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    image: x\n    env: [{{name: DB_PASSWORD, value: {VALUE}}}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata:\n  password: {VALUE}\n"
    );
    for (name, text) in with_report("x.yaml", &pod, all) {
        assert!(!text.contains(VALUE), "{name} shows the value");
    }
}
