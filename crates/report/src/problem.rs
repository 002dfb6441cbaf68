use rampart_model::{Place, Problem};

/// `file:line:column` of a problem of the input, or the path it is about.
pub(crate) fn place(problem: &Problem) -> String {
    match &problem.place {
        Place::Path(path) => path.clone(),
        Place::Text { source, diagnostic } => {
            let at = source.position(diagnostic.span.start);
            format!("{}:{}:{}", source.name(), at.line, at.column)
        }
    }
}
