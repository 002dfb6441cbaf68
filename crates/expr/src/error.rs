/// The text is not an expression that can be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct CompileError {
    /// What is wrong, without a final stop.
    pub message: String,
    /// Byte offset in the text.
    pub offset: usize,
    /// Line in the text, from 1.
    pub line: u32,
    /// Column in that line, from 1, in characters.
    pub column: u32,
}

impl CompileError {
    pub(crate) fn new(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() as u32 + 1;
        let column = before[start..].chars().count() as u32 + 1;
        Self { message: message.into(), offset, line, column }
    }
}

/// The expression has no value for these bindings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (column {column})")]
pub struct EvalError {
    /// What went wrong, without a final stop.
    pub message: String,
    /// Byte offset in the text of the part that has no value.
    pub offset: usize,
    /// Line in the text, from 1.
    pub line: u32,
    /// Column in that line, from 1, in characters.
    pub column: u32,
    /// True when the evaluation was stopped because it cost too much.
    pub too_costly: bool,
}

/// An [`EvalError`] on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) at: u32,
    /// No `||` or `&&` makes it go away.
    pub(crate) fatal: bool,
}
