//! Credentials in files that are no Kubernetes objects. All of them are put together here and open nothing.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rampart_document::{Limits, Source, parse_yaml};
use rampart_model::{Carriers, Inventory, InventoryBuilder, Origin, Version};
use rampart_rules::{Context, Env, Evaluation, Options, Settings, all, evaluate};

/// Random-looking text that belongs to nobody.
fn made_up(length: usize) -> String {
    "q8ZtR2vLx0Wm5KpN7cYbJd3fH6sG9aT4uE1iQoXwVkCzBnMlPyDrSgFhA".chars().cycle().take(length).collect()
}

fn private_key() -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", made_up(64))
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32, at: u32| char::from(DIGITS[(bits >> at & 63) as usize]);
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits =
            chunk.iter().chain([0, 0].iter()).take(3).fold(0, |bits, &byte| bits << 8 | u32::from(byte));
        let digits = [digit(bits, 18), digit(bits, 12), digit(bits, 6), digit(bits, 0)];
        out.extend(&digits[..=chunk.len()]);
        out.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    out
}

fn read(name: &str, text: &str) -> Inventory {
    let mut builder = InventoryBuilder::new();
    let parsed = parse_yaml(&Source::new(name, text), &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    builder.unit(parsed.tree, Origin::File);
    let (inventory, diagnostics) = builder.build();
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    inventory
}

fn run(inventory: &Inventory) -> Evaluation {
    let (settings, carriers) = (Settings::default(), Carriers::default());
    let env = Env { version: Version::NEWEST, strict: true, settings: &settings, now: None };
    let options = Options { rules: all().collect(), list_passed: false };
    evaluate(&Context::new(env, inventory, &carriers), &options)
}

/// Paths of what is found in a file, all by one rule and all kept from print.
fn found(name: &str, text: &str) -> Vec<String> {
    let inventory = read(name, text);
    let evaluation = run(&inventory);
    assert!(evaluation.findings.iter().all(|finding| finding.detail.rule == "secret-in-manifest"));
    assert!(evaluation.findings.iter().all(|finding| finding.detail.sensitive));
    for finding in &evaluation.findings {
        let node = inventory.object(finding.object).at(&finding.path()).unwrap();
        let value = node.scalar_text().unwrap_or("");
        assert!(value.is_empty() || !finding.detail.what.contains(value), "{}", finding.detail.what);
    }
    evaluation.findings.iter().map(|finding| finding.path().as_str().to_owned()).collect()
}

#[test]
fn kubeconfigs_hold_no_credentials() {
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: shop\nclusters:\n- name: shop\n  cluster:\n    server: https://shop.test\n    \
         certificate-authority-data: {ca}\nusers:\n- name: admin\n  user:\n    client-certificate-data: {ca}\n    client-key-data: {key}\n\
         - name: robot\n  user: {{token: {token}}}\n- name: old\n  user: {{username: old, password: hunter2}}\n\
         - name: login\n  user:\n    auth-provider: {{name: oidc, config: {{client-id: kube, refresh-token: {token}}}}}\n\
         - name: helper\n  user:\n    exec:\n      command: helper\n      env:\n      - {{name: HELPER_TOKEN, value: hunter2}}\n      - {{name: REGION, value: eu}}\n",
        ca = base64("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
        key = base64(&private_key()),
        token = made_up(40),
    );
    assert_eq!(
        found("clusters/kubeconfig", &text),
        [
            "users[0].user.client-key-data",
            "users[1].user.token",
            "users[2].user.password",
            "users[3].user.auth-provider.config.refresh-token",
            "users[4].user.exec.env[0].value",
        ]
    );
}

#[test]
fn values_of_charts_hold_no_credentials() {
    let key: String = private_key().lines().map(|line| format!("    {line}\n")).collect();
    let text = format!(
        "image: {{repository: shop/web, pullSecrets: [regcred]}}\nauth:\n  password: hunter2\n  existingSecret: shop-auth\n  \
         passwordKey: password\n  token: changeme\n  adminPassword: \"\"\n\
         database:\n  url: postgres://shop:hunter2@db/shop\n  tlsSecret: db-tls\ntls:\n  key: |\n{key}  cert: none\n\
         extraEnv:\n- {{name: API_KEY, value: {token}}}\n- {{name: MODE, value: fast}}\n",
        token = made_up(32),
    );
    let want = ["auth.password", "database.url", "tls.key", "extraEnv[0].value"];
    assert_eq!(found("charts/shop/values.yaml", &text), want);
    assert_eq!(found("values-prod.yaml", &text), want);
    assert_eq!(found("shop.yaml", &text), Vec::<String>::new(), "only values files are read as such");
}

#[test]
fn files_that_sops_encrypted_in_part_are_told() {
    let text = "db:\n  user: shop\n  password: ENC[AES256_GCM,data:aa==,iv:bb==,tag:cc==,type:str]\napi:\n  token_unencrypted: hunter2\n  \
                apiKey: hunter2\nsops:\n  unencrypted_regex: ^api\n  lastmodified: '2026-01-01T00:00:00Z'\n  mac: ENC[AES256_GCM,data:dd==,type:str]\n  \
                age:\n  - recipient: age1abc\n    enc: secret\n";
    assert_eq!(found("secrets.enc.yaml", text), ["api.token_unencrypted", "api.apiKey"]);
    let inventory = read("secrets.enc.yaml", text);
    let evaluation = run(&inventory);
    assert!(evaluation.findings[0].detail.what.contains("see unencrypted_regex"));
}

#[test]
fn side_documents_are_no_objects() {
    let inventory = read("a/b/values.yaml", "auth: {password: hunter2}\n");
    assert_eq!((inventory.len(), inventory.ignored(), inventory.side_documents().len()), (0, 1, 1));
    assert!(inventory.objects().next().is_none() && inventory.kinds().is_empty());
    let document = inventory.side_documents().next().unwrap();
    assert_eq!(document.to_string(), "HelmValues b/values.yaml");
    let evaluation = run(&inventory);
    assert_eq!((evaluation.workloads, evaluation.findings.len()), (0, 1));
}
