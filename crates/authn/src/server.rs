//! How an API server is told to authenticate, and the chain that follows. Source:
//! `k8s.io/kubernetes/pkg/kubeapiserver/authenticator`.

use rampart_document::{FieldPath, Node};
use rampart_model::{Carriers, GroupKind, Inventory, Object, Version};

use crate::bootstrap::{BootstrapToken, parse};
use crate::flags::Flags;
use crate::jwt::{Authenticator, from_flags, read};
use crate::outcome::{At, Outcome, Verdict};
use crate::service_account::{LEGACY_ISSUER, bound_token, legacy_token, looks_bound};
use crate::{Claims, StaticTokens, decode};

/// What keeps a configuration from being loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub at: At,
    /// What is wrong, without a final stop.
    pub what: String,
}

/// Whether requests without credentials are let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anonymous {
    /// They are, on [`Self::paths`].
    pub enabled: bool,
    /// The only paths; empty: all.
    pub paths: Vec<(String, At)>,
    /// Where it is set; `None` when the default counts.
    pub at: Option<At>,
}

/// How one API server authenticates.
#[derive(Debug, Clone)]
pub struct ApiServer {
    /// The list of its flags; `None` when only an AuthenticationConfiguration was read.
    pub at: Option<At>,
    /// Whose defaults count.
    pub version: Version,
    /// JWT authenticators, in order.
    pub jwt: Vec<Authenticator>,
    /// Requests without credentials.
    pub anonymous: Anonymous,
    /// `--token-auth-file`.
    pub token_file: Option<(String, At)>,
    /// `--client-ca-file`.
    pub client_authority: Option<(String, At)>,
    /// `--authentication-token-webhook-config-file`.
    pub webhook: Option<(String, At)>,
    /// `--requestheader-client-ca-file`: proxies that say who a request is.
    pub front_proxy: Option<(String, At)>,
    /// `--enable-bootstrap-token-auth`.
    pub bootstrap_tokens: bool,
    /// `--service-account-issuer`.
    pub issuers: Vec<(String, Option<At>)>,
    /// `--api-audiences`, else the issuers.
    pub audiences: Vec<String>,
    /// `--service-account-lookup`.
    pub lookup: bool,
    /// What keeps it from starting.
    pub problems: Vec<Problem>,
    /// What of the configuration could not be read.
    pub unread: Vec<String>,
}

/// The kind of `--authentication-config`.
const CONFIGURATION: GroupKind<'static> =
    GroupKind::new("apiserver.config.k8s.io", "AuthenticationConfiguration");

/// All API servers of an inventory, in input order; when there is none, each AuthenticationConfiguration is taken as one
/// server's, with defaults for all flags.
pub fn api_servers(inventory: &Inventory, carriers: &Carriers, version: Version) -> Vec<ApiServer> {
    let mut found = Vec::new();
    for (kind, ids) in inventory.kinds() {
        if !carriers.carries(kind) {
            continue;
        }
        for &id in ids {
            let object = inventory.object(id);
            let Some(pod) = carriers.pod(object) else { continue };
            let flags = pod.containers().iter().find_map(|container| {
                let root = At { object: id, path: pod.prefix.join(&container.root()) };
                Flags::of(container, &root).map(|flags| (flags, root))
            });
            if let Some((flags, root)) = flags {
                found.push((id, ApiServer::from_flags(&flags, &root, inventory, version)));
            }
        }
    }
    found.sort_by_key(|(id, _)| *id);
    if found.is_empty() {
        let files = inventory.of_kind(CONFIGURATION);
        return files.map(|file| ApiServer::from_file(file, version)).collect();
    }
    found.into_iter().map(|(_, server)| server).collect()
}

/// The configuration that a flag means: the one of that file name, or the only one.
fn of_file<'a>(inventory: &'a Inventory, path: &str) -> Option<Object<'a>> {
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let mut all = inventory.of_kind(CONFIGURATION);
    let first = all.next()?;
    match all.next() {
        None => Some(first),
        Some(_) => inventory.of_kind(CONFIGURATION).find(|file| base(file.source().name()) == base(path)),
    }
}

impl ApiServer {
    fn new(version: Version) -> Self {
        Self {
            at: None,
            version,
            jwt: Vec::new(),
            anonymous: Anonymous { enabled: true, paths: Vec::new(), at: None },
            token_file: None,
            client_authority: None,
            webhook: None,
            front_proxy: None,
            bootstrap_tokens: true,
            issuers: Vec::new(),
            audiences: Vec::new(),
            lookup: true,
            problems: Vec::new(),
            unread: Vec::new(),
        }
    }

    fn from_file(file: Object<'_>, version: Version) -> Self {
        let mut server = Self::new(version);
        server.load(file);
        server
    }

    fn from_flags(flags: &Flags, root: &At, inventory: &Inventory, version: Version) -> Self {
        let mut server = Self::new(version);
        let list = root.key("command");
        let named = |name: &str| {
            let given = flags.last(name).filter(|given| !given.value.is_empty())?;
            Some((given.value.clone(), given.at.clone()))
        };
        server.token_file = named("token-auth-file");
        server.client_authority = named("client-ca-file");
        server.webhook = named("authentication-token-webhook-config-file");
        server.front_proxy = named("requestheader-client-ca-file");
        server.bootstrap_tokens = flags.switch("enable-bootstrap-token-auth", false).0;
        server.lookup = flags.switch("service-account-lookup", true).0;
        (server.anonymous.enabled, server.anonymous.at) = flags.switch("anonymous-auth", true);
        let issuers = flags.each("service-account-issuer");
        server.issuers = issuers.map(|given| (given.value.clone(), Some(given.at.clone()))).collect();
        let audiences = flags.each("api-audiences").flat_map(|given| given.value.split(','));
        server.audiences = audiences.map(str::to_owned).collect();
        if server.audiences.is_empty() {
            server.audiences = server.issuers.iter().map(|(issuer, _)| issuer.clone()).collect();
        }
        server.jwt.extend(from_flags(flags, &list, &mut server.problems));
        server.unread.extend(flags.opaque.map(str::to_owned));
        if let Some((path, at)) = named("authentication-config") {
            let by_flag = server.anonymous.at.clone();
            match of_file(inventory, &path) {
                Some(file) => {
                    server.load(file);
                    if let Some(flag) = by_flag.filter(|flag| server.anonymous.at.as_ref() != Some(flag)) {
                        let what =
                            "--anonymous-auth and anonymous in the configuration file exclude each other";
                        server.problems.push(Problem { at: flag, what: what.to_owned() });
                    }
                }
                None => {
                    server.unread.push(format!("the AuthenticationConfiguration {path} is not in the input"));
                }
            }
            if server.jwt.iter().any(|one| one.by_flags) {
                let what = "--oidc-* flags and --authentication-config exclude each other";
                server.problems.push(Problem { at, what: what.to_owned() });
            }
        }
        server.at = Some(list);
        server
    }

    fn load(&mut self, file: Object<'_>) {
        let at = At { object: file.id(), path: FieldPath::root() };
        self.jwt.extend(read(file.node(), &at, self.version, &mut self.problems));
        for authenticator in &self.jwt {
            if self.issuers.iter().any(|(own, _)| *own == authenticator.issuer) {
                let what = "the issuer is the API server's own for service accounts";
                self.problems
                    .push(Problem { at: authenticator.at.key("issuer").key("url"), what: what.to_owned() });
            }
        }
        let Some(anonymous) = file.field(&["anonymous"]) else { return };
        let at = at.key("anonymous");
        let conditions = anonymous.field("conditions").into_iter().flat_map(Node::items).enumerate();
        let paths: Vec<(String, At)> = conditions
            .map(|(index, condition)| {
                let path = condition.field("path").and_then(Node::as_str).unwrap_or_default();
                (path.to_owned(), at.key("conditions").index(index).key("path"))
            })
            .collect();
        let enabled = anonymous.field("enabled").and_then(Node::as_bool) == Some(true);
        if !enabled && !paths.is_empty() {
            let what = "conditions need enabled: true";
            self.problems.push(Problem { at: at.key("conditions"), what: what.to_owned() });
        }
        self.anonymous = Anonymous { enabled, paths, at: Some(at.key("enabled")) };
    }

    /// Who a request with a bearer token of these claims is. `algorithm` is that of its signature, if it is known.
    pub fn claims(
        &self,
        claims: &Claims,
        algorithm: Option<&str>,
        inventory: &Inventory,
        now: Option<i64>,
    ) -> Outcome {
        let issuer = claims.text("iss").unwrap_or_default();
        if issuer == LEGACY_ISSUER {
            return legacy_token(claims, self, inventory);
        }
        let own = self.issuers.iter().any(|(own, _)| *own == issuer);
        let unsaid = self.issuers.is_empty() && looks_bound(claims);
        if own || unsaid {
            let mut outcome = bound_token(claims, self, inventory, now);
            if unsaid {
                outcome.assumed.push(format!("the API server's --service-account-issuer is {issuer}"));
            }
            return outcome;
        }
        if let Some(authenticator) = self.jwt.iter().find(|authenticator| authenticator.is_for(claims)) {
            return authenticator.authenticate(claims, algorithm, now);
        }
        let issuers: Vec<&str> = self.jwt.iter().map(|one| one.issuer.as_str()).collect();
        let known = if issuers.is_empty() { "none is configured".to_owned() } else { issuers.join(", ") };
        self.unknown_token(&format!("no authenticator trusts the issuer `{issuer}` (trusted: {known})"))
    }

    /// What becomes of a token that nothing here knows.
    fn unknown_token(&self, why: &str) -> Outcome {
        if let Some((file, at)) = &self.webhook {
            let why = format!("{why}; the webhook of {file} is asked, and its answer is not known");
            let mut outcome = Outcome::plain("webhook", Verdict::Unknown(why));
            outcome.at = Some(at.clone());
            return outcome;
        }
        match self.unread.first() {
            Some(unread) => Outcome::plain("", Verdict::Unknown(format!("{why}; {unread}"))),
            None => Outcome::refused("", why),
        }
    }

    /// Who a request with this bearer token is. `tokens` is the file of `--token-auth-file`, if it was read.
    pub fn token(
        &self,
        token: &str,
        tokens: Option<&StaticTokens>,
        inventory: &Inventory,
        now: Option<i64>,
    ) -> Outcome {
        let token = token.trim();
        if let Some(outcome) = tokens.and_then(|tokens| tokens.authenticate(token)) {
            return outcome;
        }
        if let Some((id, secret)) = parse(token) {
            return self.bootstrap_token(id, Some(secret), inventory, now);
        }
        match decode(token) {
            Ok(decoded) => self.claims(&decoded.claims, Some(&decoded.algorithm), inventory, now),
            Err(_) if self.token_file.is_some() && tokens.is_none() => {
                let file = self.token_file.as_ref().map_or("", |(file, _)| file);
                let why = format!(
                    "it may be in the token file {file}, which was not read; give it with --token-file"
                );
                Outcome::plain("static token file", Verdict::Unknown(why))
            }
            Err(error) => self.unknown_token(&error.to_string()),
        }
    }

    /// Who a request with the bootstrap token of this id is.
    pub fn bootstrap_token(
        &self,
        id: &str,
        secret: Option<&str>,
        inventory: &Inventory,
        now: Option<i64>,
    ) -> Outcome {
        if !self.bootstrap_tokens {
            return Outcome::refused(
                "",
                "--enable-bootstrap-token-auth is not set: bootstrap tokens count for nothing",
            );
        }
        match BootstrapToken::find(inventory, id) {
            Some(token) => token.authenticate(id, secret, now),
            None if inventory.coverage().is_full(GroupKind::core("Secret"), Some("kube-system")) => {
                Outcome::refused(
                    "",
                    format!("there is no Secret kube-system/bootstrap-token-{id} of that type"),
                )
            }
            None => {
                let why = format!("Secret kube-system/bootstrap-token-{id} is not in the input");
                Outcome::plain("bootstrap token", Verdict::Unknown(why))
            }
        }
    }
}
