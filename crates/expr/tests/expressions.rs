//! What expressions give, and what is wrong with those that are refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rampart_document::{Limits as DocumentLimits, Source, parse_yaml};
use rampart_expr::{Environment, Limits, Type, Value};
use rampart_model::Version;

const OBJECT: &str = "\
metadata: {name: web, labels: {app: web, 'a/b': c}, gone: null}
spec:
  replicas: 3
  ratio: 0.5
  containers:
  - {name: a, image: 'registry.example.com/a:1', ports: [80, 443]}
  - {name: b, image: b, resources: {limits: {memory: 1Gi}}}
";

fn run(text: &str) -> Result<String, String> {
    let parsed = parse_yaml(&Source::new("object", OBJECT), &DocumentLimits::default());
    let object = parsed.tree.documents().next().unwrap();
    let environment = Environment::new().variable("object", Type::Dyn).variable("n", Type::Int);
    let program =
        environment.compile(text).map_err(|error| format!("{}: {}", error.column, error.message))?;
    let bindings = [("object", Value::from(object)), ("n", Value::Int(7))];
    let value = program.eval(&bindings, Limits::default());
    value
        .map(|value| value.to_json().to_string())
        .map_err(|error| format!("{}! {}", error.column, error.message))
}

/// Expressions with their values as JSON.
const VALUES: &[(&str, &str)] = &[
    ("object.metadata.name == 'web'", "true"),
    ("has(object.metadata.gone)", "false"),
    ("has(object.spec.nothing) || true", "true"),
    ("object.spec.nothing.deep == 1 || true", "true"),
    ("true || object.spec.nothing.deep == 1", "true"),
    ("object.spec.nothing == 1 && false", "false"),
    ("object.spec.replicas + n", "10"),
    ("object.spec.ratio < 1", "true"),
    ("object.spec.replicas == 3.0", "true"),
    ("object.spec.containers.map(c, c.name)", r#"["a","b"]"#),
    ("object.spec.containers.filter(c, has(c.resources)).map(c, c.name)", r#"["b"]"#),
    ("object.spec.containers.map(c, has(c.ports), c.ports.size())", "[2]"),
    ("object.spec.containers.all(c, c.?resources.?limits.?memory.hasValue())", "false"),
    ("object.spec.containers.exists(c, c.resources.limits.memory == '1Gi')", "true"),
    ("object.spec.containers.exists_one(c, c.name == 'a')", "true"),
    ("object.?spec.?nothing.orValue(5)", "5"),
    ("object.spec[?'nothing'].or(optional.of(2)).value()", "2"),
    ("object.metadata.?labels.optMap(l, size(l)).orValue(0)", "2"),
    ("optional.of(4).optFlatMap(x, optional.none()).hasValue()", "false"),
    ("[1, ?optional.none(), ?optional.of(3)]", "[1,3]"),
    ("{'a': 1, ?'b': optional.none()}", r#"{"a":1}"#),
    ("object.metadata.labels['a/b']", r#""c""#),
    ("'app' in object.metadata.labels && !('x' in object.metadata.labels)", "true"),
    ("object.metadata.labels.exists(k, k == 'app')", "true"),
    ("object.metadata.labels.transformList(k, v, k + '=' + v)", r#"["app=web","a/b=c"]"#),
    ("object.metadata.labels.transformMap(k, v, v.upperAscii())", r#"{"app":"WEB","a/b":"C"}"#),
    ("[3, 1, 2].sort()", "[1,2,3]"),
    ("object.spec.containers.sortBy(c, c.image).map(c, c.name)", r#"["b","a"]"#),
    ("[1, 2, 3].sum() == 6 && [1, 3].min() == 1 && [1, 3].max() == 3 && [1, 2].isSorted()", "true"),
    ("['x', 'y', 'x'].lastIndexOf('x')", "2"),
    ("[[1, 2], [3]].flatten()", "[1,2,3]"),
    ("[1, 2, 2, 1].distinct().reverse()", "[2,1]"),
    ("sets.contains([1, 2, 3], [2]) && !sets.intersects([1], [2]) && sets.equivalent([1, 1], [1])", "true"),
    ("quantity('1Gi').isGreaterThan(quantity('900M')) && isQuantity('1.5Gi') && !isQuantity('x')", "true"),
    ("quantity('1k').add(5).asInteger()", "1005"),
    ("quantity('50m').compareTo(quantity('0.05'))", "0"),
    ("'abc123def45'.find('[0-9]+') + ' ' + 'a1b22'.findAll('[0-9]+').join('-')", r#""123 1-22""#),
    ("'web' in ['web', 'api']", "true"),
    ("'a/b/c'.split('/').size()", "3"),
    ("'a,b,c'.split(',', 2)", r#"["a","b,c"]"#),
    ("'tacocat'.substring(1, 4) + 'tacocat'.charAt(2)", r#""acoc""#),
    ("'tacocat'.indexOf('c', 3)", "4"),
    ("'hello'.lastIndexOf('l', 2)", "2"),
    ("'hello hello'.replace('he', 'we', 1)", r#""wello hello""#),
    ("'%s has %d of %.2f'.format(['x', 3, 1.5])", r#""x has 3 of 1.50""#),
    ("url('https://user@example.com:80/a?b=1&b=2').getHostname()", r#""example.com""#),
    ("url('https://[::1]:80/').getHost() + url('/a b').getEscapedPath()", r#""[::1]:80/a%20b""#),
    ("url('https://x/a?b=1&b=2').getQuery()", r#"{"b":["1","2"]}"#),
    ("isURL('example.com/x')", "false"),
    ("cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsCIDR('10.0.0.0/7')", "true"),
    ("string(cidr('192.168.1.7/24').masked())", r#""192.168.1.0/24""#),
    ("ip('::1').isLoopback() && ip('127.0.0.1').family() == 4 && !isIP('::ffff:1.2.3.4')", "true"),
    ("duration('1h30m').getMinutes()", "90"),
    ("timestamp('2026-01-31T00:00:00Z') + duration('24h') > timestamp('2026-01-31T10:00:00Z')", "true"),
    ("timestamp('2026-11-21T00:30:00Z').getHours('-01:00')", "23"),
    ("timestamp('2026-11-21T00:00:00Z').getDayOfWeek()", "6"),
    ("semver('1.2.3-rc.1').isLessThan(semver('1.2.3'))", "true"),
    ("type(1) == int && type('x') != int", "true"),
    ("int('12') + int(2.9)", "14"),
    ("string(1.0) + string(true) + string(12u)", r#""1true12""#),
    ("size('héllo') == 5 && b'abc'.size() == 3", "true"),
    ("n > 5 ? 'big' : 'small'", r#""big""#),
    ("-n", "-7"),
    ("[1, 2, 3].exists(x, [x].exists(y, y == 3 && x == 3))", "true"),
    ("jsonpatch.escapeKey('a/b~c')", r#""a~1b~0c""#),
    ("dyn(9223372036854775807) == 9223372036854775807u", "true"),
];

#[test]
fn values() {
    let mut wrong = Vec::new();
    for (text, want) in VALUES {
        let got = run(text);
        if got.as_deref() != Ok(*want) {
            wrong.push(format!("{text}\n   wanted {want}\n   got    {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn faults_say_where_and_what() {
    let mut wrong = Vec::new();
    for (text, want) in [
        ("object.spec.nothing", "12! there is no field `nothing`"),
        ("1 + object.spec.nothing", "16! there is no field `nothing`"),
        ("object.spec.containers[5].name", "23! there is no element 5 in a list of 2"),
        ("object.spec.replicas.size() > 1", "22! `size` does not take (int)"),
        ("object.spec.replicas && true", "12! expected bool, found int"),
        ("1 / (n - 7)", "3! division by zero"),
        ("9223372036854775807 + n", "21! the result does not fit 64 bits"),
        ("object.metadata.name < 3", "22! string and int have no order"),
        (
            "sign(quantity(object.metadata.name))",
            "6! `web` is not a quantity; write it like 250m, 1.5Gi or 2",
        ),
        (
            "object.metadata.name.matches(object.metadata.name + '(')",
            "22! `web(` is not a regular expression",
        ),
    ] {
        let got = run(text);
        let Err(error) = &got else { panic!("{text}: {got:?}") };
        if !error.starts_with(want) {
            wrong.push(format!("{text}\n   wanted {want}\n   got    {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn broken_texts_are_refused_with_their_column() {
    let mut wrong = Vec::new();
    for (text, want) in [
        ("", "1: the expression is empty"),
        ("1 +", "4: this is no CEL expression"),
        ("é == 1", "1: this is no CEL expression"),
        ("'é' + nope", "7: `nope` is not declared; declared are: object, n"),
        ("object.spec.frob()", "13: there is no method `frob`"),
        ("sum([1])", "1: there is no function `sum`; write x.sum(…)"),
        ("1 + 'a'", "3: `+` does not take (int, string)"),
        ("size(1)", "1: `size` does not take (int)"),
        ("n == 'a'", "3: int and string are never equal"),
        ("[1, 'a']", "5: elements of a list must have one type: int and string"),
        ("n.field", "2: int has no fields"),
        ("n && true", "1: expected bool, found int"),
        ("'x'.matches('(')", "5: `(` is not a regular expression"),
        ("has(object)", "5: has() asks for a field"),
        ("[1].all(1, true)", "9: the first argument is the name of a variable"),
        ("[1].all(x, 1)", "12: expected bool, found int"),
        ("x", "1: `x` is not declared"),
        ("math.greatest(1, 2)", "6: `math.greatest` is not supported: the API server has no math library"),
        ("authorizer.group('')", "12: `authorizer.group` is not supported"),
        ("google.protobuf.Duration{}", "25: message literals are not supported"),
        ("{'a': 1, 'b': 'c'}", "15: values of a map must have one type: int and string"),
    ] {
        let got = run(text);
        let Err(error) = &got else { panic!("{text}: {got:?}") };
        if !error.starts_with(want) {
            wrong.push(format!("{text}\n   wanted {want}\n   got    {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn older_versions_lack_functions() {
    let environment = Environment::new().version(Version::new(29));
    let error = environment.compile("ip('10.0.0.1').family() == 4").unwrap_err();
    assert!(error.message.contains("exists from Kubernetes 1.30"), "{error}");
    assert!(Environment::new().compile("ip('10.0.0.1').family() == 4").is_ok());
}

#[test]
fn cost_and_size_are_bounded() {
    let ten = "[0,1,2,3,4,5,6,7,8,9]";
    let nested =
        format!("{ten}.map(a, {ten}.map(b, {ten}.map(c, {ten}.map(d, {ten}.map(e, {ten}.map(f, a + b))))))");
    let program = Environment::new().compile(&nested).unwrap();
    let error = program.eval(&[], Limits::default()).unwrap_err();
    assert!(error.too_costly, "{error}");
    // Being stopped is no value that the other side could decide.
    let program = Environment::new().compile(&format!("{nested} == [] || true")).unwrap();
    assert!(program.eval(&[], Limits::default()).unwrap_err().too_costly);
    for deep in ["(", "[", "!", "-", "f(", "a.b(", "{1:", "x?", "a["] {
        assert!(Environment::new().compile(&deep.repeat(4000)).is_err(), "{deep}");
    }
    let chain = format!("1{}", " + 1".repeat(4000));
    assert!(Environment::new().compile(&chain).unwrap_err().message.contains("nests deeper"));
    assert!(Environment::new().compile(&format!("'{}'", "x".repeat(20_000))).is_err());
    let logic = format!("true{}", " && true".repeat(1500));
    assert!(Environment::new().compile(&logic).is_ok());
}

#[test]
fn what_is_read_is_known() {
    let environment = Environment::new().variable("object", Type::Dyn).variable("pod", Type::Dyn);
    let program = environment.compile("object.a == 1").unwrap();
    assert!(program.uses("object") && !program.uses("pod"));
    let error = program.eval(&[], Limits::default()).unwrap_err();
    assert!(error.message.contains("`object` has no value"), "{error}");
}
