//! Reading a file: every part is checked before any rule exists.

use std::collections::BTreeSet;

use rampart_document::{Diagnostic, FieldPath, Node, Source, Span};
use rampart_expr::{CompileError, Environment, Program, Type};
use rampart_model::{Problem, Version};
use rampart_report::{Severity, intern, locate, read_as};
use rampart_rules::Group;

use super::file::{API_VERSION, Entry, File};
use super::matching::Match;
use super::tests::{Example, Wanted};
use super::{CustomRule, CustomRules, Message, place};

/// Rules in one file.
const MOST_RULES: usize = 1_000;

impl CustomRules {
    /// Reads and checks a file; `version` is the Kubernetes version whose CEL functions there are.
    ///
    /// # Errors
    /// What is wrong, each with its place: at least one problem, and all of them when the file's form is right.
    pub fn read(source: &Source, version: Version) -> Result<Self, Vec<Problem>> {
        let (tree, file) = match read_as::<File>(source) {
            Ok(Some(read)) => read,
            Ok(None) => return Err(vec![Problem::path("rules", source.name(), "the file is empty")]),
            Err(problem) => return Err(vec![*problem]),
        };
        let Some(root) = tree.documents().next() else { return Ok(Self { rules: Vec::new() }) };
        let mut reader = Reader { source, root, version, problems: Vec::new() };
        if file.api_version != API_VERSION {
            reader.wrong(&FieldPath::root().key("apiVersion"), format!("expected {API_VERSION}"));
        }
        if file.rules.len() > MOST_RULES {
            reader
                .wrong(&FieldPath::root().key("rules"), format!("at most {MOST_RULES} rules fit in a file"));
        }
        let mut ids = BTreeSet::new();
        let mut rules = Vec::new();
        for (index, entry) in file.rules.into_iter().take(MOST_RULES).enumerate() {
            let at = FieldPath::root().key("rules").index(index);
            if !ids.insert(entry.id.clone()) {
                reader.wrong(&at.key("id"), format!("the id `{}` is there twice", entry.id));
            }
            rules.extend(reader.rule(entry, &at));
        }
        if reader.problems.is_empty() { Ok(Self { rules }) } else { Err(reader.problems) }
    }
}

struct Reader<'a> {
    source: &'a Source,
    root: Node<'a>,
    version: Version,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn wrong(&mut self, path: &FieldPath, message: impl Into<String>) {
        let span = locate(self.root, path).span;
        self.at(span, message.into());
    }

    fn at(&mut self, span: Span, message: String) {
        self.problems.push(Problem::text(self.source, Diagnostic::error("rules", span, message)));
    }

    /// The rule, when nothing is wrong with it.
    fn rule(&mut self, entry: Entry, at: &FieldPath) -> Option<CustomRule> {
        let before = self.problems.len();
        let id = self.id(&entry.id, &at.key("id"));
        let severity = Severity::parse(&entry.severity);
        if severity.is_none() {
            self.wrong(&at.key("severity"), "expected critical, high, medium, low or info");
        }
        let group = entry.group.as_deref().map_or(Some(Group::Hygiene), Group::parse);
        if group.is_none() {
            let known: Vec<&str> = Group::ALL.iter().map(|group| group.as_str()).collect();
            self.wrong(&at.key("group"), format!("expected one of {}", known.join(", ")));
        }
        let pods = entry.matching.pods;
        let expression = self.program(&at.key("expression"), &entry.expression, pods);
        if let Some(program) = &expression
            && !matches!(program.result_type(), Type::Bool | Type::List | Type::Dyn)
        {
            let message =
                format!("the expression gives {}; expected bool, or a list of texts", program.result_type());
            self.wrong(&at.key("expression"), message);
        }
        let message = self.message(&entry, at, pods);
        let path = match FieldPath::parse(entry.path.as_deref().unwrap_or("")) {
            Ok(path) => path,
            Err(error) => {
                self.wrong(&at.key("path"), error.to_string());
                FieldPath::root()
            }
        };
        let examples = self.examples(&entry, at);
        let title = self.interned(&entry.title, &at.key("title"));
        let rule = CustomRule {
            id: id?,
            title: title?,
            severity: severity?,
            group: group?,
            why: entry.why,
            todo: entry.todo,
            frameworks: entry.frameworks,
            matching: Match {
                pods,
                api_groups: entry.matching.api_groups,
                kinds: entry.matching.kinds,
                namespaces: entry.matching.namespaces,
                labels: entry.matching.labels,
            },
            expression: expression?,
            message: message?,
            path,
            examples,
        };
        (self.problems.len() == before).then_some(rule)
    }

    fn id(&mut self, id: &str, at: &FieldPath) -> Option<&'static str> {
        let word = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if id.len() > 100 || !id.split('-').all(word) {
            self.wrong(at, "an id is lower-case words with dashes, like team-label");
            return None;
        }
        if rampart_rules::find(id).is_some() || Group::parse(id).is_some() {
            self.wrong(at, format!("`{id}` is the name of a built-in rule or group; choose another one"));
            return None;
        }
        self.interned(id, at)
    }

    fn interned(&mut self, text: &str, at: &FieldPath) -> Option<&'static str> {
        let kept = intern(text);
        if kept.is_none() {
            self.wrong(at, "there are more names than fit; use fewer or shorter ones");
        }
        kept
    }

    /// A compiled expression; what is wrong with it is shown at its place in the file.
    fn program(&mut self, at: &FieldPath, text: &str, pods: bool) -> Option<Program> {
        let mut environment = Environment::new().version(self.version).variable("object", Type::Dyn);
        if pods {
            environment = environment.variable("pod", Type::Dyn);
        }
        match environment.compile(text) {
            Ok(program) => Some(program),
            Err(error) => {
                self.expression_error(at, &error);
                None
            }
        }
    }

    fn expression_error(&mut self, at: &FieldPath, error: &CompileError) {
        let span = match self.root.at(at) {
            Some(node) => place::inside(node, error.offset),
            None => locate(self.root, at).span,
        };
        self.at(span, error.message.clone());
    }

    fn message(&mut self, entry: &Entry, at: &FieldPath, pods: bool) -> Option<Message> {
        match (&entry.message, &entry.message_expression) {
            (Some(_), Some(_)) => {
                self.wrong(&at.key("messageExpression"), "give either message or messageExpression");
                None
            }
            (_, Some(text)) => {
                let at = at.key("messageExpression");
                let program = self.program(&at, text, pods)?;
                if !matches!(program.result_type(), Type::String | Type::Dyn) {
                    self.wrong(
                        &at,
                        format!("the expression gives {}; expected string", program.result_type()),
                    );
                }
                Some(Message::Expression(program))
            }
            (Some(text), None) => Some(Message::Text(text.trim().to_owned())),
            (None, None) => Some(Message::Text(entry.title.clone())),
        }
    }

    fn examples(&mut self, entry: &Entry, at: &FieldPath) -> Vec<Example> {
        let mut examples = Vec::new();
        for (index, example) in entry.tests.iter().enumerate() {
            let at = at.key("tests").index(index);
            let Some(wanted) = Wanted::parse(&example.verdict) else {
                self.wrong(&at.key("verdict"), "expected pass, fail or unknown");
                continue;
            };
            if !example.object.is_object() {
                self.wrong(&at.key("object"), "expected an object");
                continue;
            }
            let object = example.object.clone();
            examples.push(Example { name: example.name.clone(), wanted, object });
        }
        examples
    }
}
