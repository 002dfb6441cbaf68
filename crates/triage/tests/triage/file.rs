use rampart_document::Source;
use rampart_model::Place;
use rampart_triage::ExceptionsFile;

use crate::names;

#[test]
fn broken_files_are_refused_with_the_place_and_what_is_expected() {
    for (text, line, say) in [
        ("exceptions:\n- rule: privileged\n  owner: o\n", 2, "missing field `reason`"),
        ("exceptions:\n- rule: privileged\n  reason: r\n", 2, "missing field `owner`"),
        ("exceptions:\n- rule: priviliged\n  reason: r\n  owner: o\n", 2, "did you mean `privileged`?"),
        ("exceptions:\n- rule: privileged\n  reason: ' '\n  owner: o\n", 3, "expected a reason"),
        (
            "exceptions:\n- rule: privileged\n  reason: r\n  owner: o\n  expires: tomorrow\n",
            5,
            "expected YYYY-MM-DD",
        ),
        (
            "exceptions:\n- rule: privileged\n  reason: r\n  owner: o\n  expires: 2027-02-30\n",
            5,
            "expected YYYY-MM-DD",
        ),
        ("exceptions:\n- rule: privileged\n  reasn: r\n  owner: o\n", 3, "unknown field `reasn`"),
        ("exceptions:\n- rule: privileged\n  object: {kinds: Pod}\n", 3, "unknown field `kinds`"),
        ("exceptions:\n- rule: {}\n", 2, "a text or a list of texts"),
        ("exceptions:\n- rule: []\n", 2, "at least one"),
        ("exceptions: 3\n", 1, "invalid type"),
        ("exceptions:\n- rule: [\n", 2, "not closed"),
        ("rules: []\n", 1, "unknown field `rules`"),
    ] {
        let problem = ExceptionsFile::parse(&Source::new("x.yaml", text), &names()).unwrap_err();
        assert!(problem.message.contains(say), "{text}{}", problem.message);
        let Place::Text { source, diagnostic } = &problem.place else { panic!("{problem:?}") };
        assert_eq!(source.position(diagnostic.span.start).line, line, "{text}{}", problem.message);
    }
}

#[test]
fn an_empty_file_accepts_nothing() {
    let file = ExceptionsFile::parse(&Source::new("x.yaml", "# later\n"), &names()).unwrap();
    assert!(file.is_empty());
}
