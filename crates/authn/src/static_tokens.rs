//! The file of `--token-auth-file`. Source: `k8s.io/apiserver/pkg/authentication/token/tokenfile`.

use rampart_authz::Identity;

use crate::outcome::{Outcome, Trail};

/// Tokens of a file and whom they stand for.
#[derive(Debug, Clone, Default)]
pub struct StaticTokens {
    tokens: Vec<(String, Identity)>,
}

/// The file keeps the API server from starting. Quotes nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticTokensError {
    /// Record, from 1.
    pub record: usize,
    /// What is wrong with it.
    pub message: &'static str,
}

impl std::fmt::Display for StaticTokensError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "record {}: {}", self.record, self.message)
    }
}

impl std::error::Error for StaticTokensError {}

impl StaticTokens {
    /// Reads `token,user,uid[,"group1,group2"]` records. Of two records for a token the last counts.
    ///
    /// # Errors
    /// A record has fewer than three fields, or is no CSV.
    pub fn parse(text: &str) -> Result<Self, StaticTokensError> {
        let mut tokens: Vec<(String, Identity)> = Vec::new();
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        for (index, record) in reader.records().enumerate() {
            let failed = |message| StaticTokensError { record: index + 1, message };
            let record = record.map_err(|_| failed("it is no CSV"))?;
            let field = |at: usize| record.get(at).unwrap_or_default().to_owned();
            if record.len() < 3 {
                return Err(failed("it needs a token, a user name and a uid"));
            }
            if field(0).is_empty() {
                continue;
            }
            let groups = record.get(3).map(|groups| groups.split(',').map(str::to_owned).collect::<Vec<_>>());
            let mut user = Identity::exact(field(1), groups.unwrap_or_default());
            user.uid = field(2);
            tokens.retain(|(token, _)| *token != field(0));
            tokens.push((field(0), user));
        }
        Ok(Self { tokens })
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Who a request with this token is; `None` when the file does not have it.
    pub fn authenticate(&self, token: &str) -> Option<Outcome> {
        let (_, user) = self.tokens.iter().find(|(own, _)| own == token)?;
        Some(Trail::default().finish("static token file", None, user.clone()))
    }
}
