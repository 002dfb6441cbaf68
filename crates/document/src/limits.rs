/// Bounds on what one document may cost. Kubernetes' own limit is 3 MiB a request, so these are generous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Deepest nesting of mappings and sequences, every alias written out.
    pub depth: usize,
    /// Largest single document in bytes.
    pub document_bytes: usize,
    /// Most nodes that aliases may add to a document once they are written out. The API machinery's YAML library
    /// never allows more than 400,000.
    pub expanded_nodes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 128, document_bytes: 64 << 20, expanded_nodes: 400_000 }
    }
}
