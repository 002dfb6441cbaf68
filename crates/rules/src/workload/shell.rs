//! Which programs an argument vector starts, as far as it says so itself: its first element, and the commands of a
//! script given to a shell with `-c`. Reads POSIX shell grammar (quotes, comments, here-documents, reserved words)
//! without expanding anything.

use std::iter::Peekable;
use std::str::Chars;

/// The element of `argv` that starts `program`, whatever directory it is called from.
pub(crate) fn starts(argv: &[&str], program: &str) -> Option<usize> {
    let first = argv.first()?.split_whitespace().next()?;
    if base(first) == program {
        return Some(0);
    }
    let script = script(base(first), argv)?;
    Script::new(argv[script]).starts(program).then_some(script)
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The element that a shell reads as a script: the first operand after an option group with `c` (`-c`, `-ec`).
fn script(shell: &str, argv: &[&str]) -> Option<usize> {
    if !matches!(shell, "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh" | "busybox") {
        return None;
    }
    let mut command = false;
    let mut index = if shell == "busybox" { 2 } else { 1 };
    while let Some(&option) = argv.get(index) {
        let Some(letters) = option.strip_prefix(['-', '+']) else { return command.then_some(index) };
        let short = !letters.starts_with('-');
        command |= short && option.starts_with('-') && letters.contains('c');
        // `-o NAME` takes the next element.
        index += if short && letters.ends_with('o') { 2 } else { 1 };
    }
    None
}

/// A script being read.
struct Script<'s> {
    rest: Peekable<Chars<'s>>,
    word: String,
    in_word: bool,
    quoted: bool,
    /// The next word is a program.
    at_command: bool,
    /// The next word is the target of a redirection.
    at_target: bool,
    /// The next word ends a here-document.
    at_delimiter: bool,
    delimiters: Vec<String>,
    /// For each open parenthesis, whether it stands inside double quotes.
    parens: Vec<bool>,
}

impl<'s> Script<'s> {
    fn new(text: &'s str) -> Self {
        Self {
            rest: text.chars().peekable(),
            word: String::new(),
            in_word: false,
            quoted: false,
            at_command: true,
            at_target: false,
            at_delimiter: false,
            delimiters: Vec::new(),
            parens: Vec::new(),
        }
    }

    fn starts(mut self, program: &str) -> bool {
        while let Some(c) = self.rest.next() {
            if self.quoted {
                self.quoted_char(c);
                continue;
            }
            match c {
                '\'' => {
                    self.in_word = true;
                    let literal = self.rest.by_ref().take_while(|&c| c != '\'');
                    self.word.extend(literal);
                }
                '"' => (self.in_word, self.quoted) = (true, true),
                '\\' => self.escaped(),
                '#' if !self.in_word => while self.rest.next_if(|&c| c != '\n').is_some() {},
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '(' | ')' | '`' | '<' | '>' => {
                    if self.end_word(program) {
                        return true;
                    }
                    self.separator(c);
                }
                _ => self.push(c),
            }
        }
        self.end_word(program)
    }

    fn push(&mut self, c: char) {
        self.in_word = true;
        self.word.push(c);
    }

    fn escaped(&mut self) {
        // A backslash before a line break joins the lines.
        if let Some(next) = self.rest.next().filter(|&next| next != '\n') {
            self.push(next);
        }
    }

    fn quoted_char(&mut self, c: char) {
        match c {
            '"' => self.quoted = false,
            '\\' => self.escaped(),
            '$' if self.rest.next_if_eq(&'(').is_some() => {
                self.parens.push(true);
                self.begin_command();
                self.quoted = false;
            }
            _ => self.push(c),
        }
    }

    fn begin_command(&mut self) {
        self.word.clear();
        (self.in_word, self.at_command, self.at_target) = (false, true, false);
    }

    fn separator(&mut self, c: char) {
        match c {
            ' ' | '\t' | '\r' => {}
            '<' if self.rest.next_if_eq(&'<').is_some() => {
                self.at_delimiter = self.rest.next_if_eq(&'<').is_none();
                self.at_target = !self.at_delimiter;
                self.rest.next_if_eq(&'-');
            }
            '<' | '>' => {
                while self.rest.next_if(|&c| matches!(c, '>' | '&' | '|')).is_some() {}
                self.at_target = true;
            }
            '(' => {
                self.parens.push(false);
                self.begin_command();
            }
            ')' => {
                self.quoted = self.parens.pop().unwrap_or(false);
                self.begin_command();
            }
            '\n' => {
                self.skip_documents();
                self.begin_command();
            }
            _ => self.begin_command(),
        }
    }

    /// Skips the here-documents that begin after this line.
    fn skip_documents(&mut self) {
        for delimiter in std::mem::take(&mut self.delimiters) {
            while self.rest.peek().is_some() {
                let line: String = self.rest.by_ref().take_while(|&c| c != '\n').collect();
                if line.trim_start_matches('\t') == delimiter {
                    break;
                }
            }
        }
    }

    /// Ends the word being read; true when it starts `program`.
    fn end_word(&mut self, program: &str) -> bool {
        if !std::mem::take(&mut self.in_word) {
            return false;
        }
        let word = std::mem::take(&mut self.word);
        if std::mem::take(&mut self.at_delimiter) {
            self.delimiters.push(word);
        } else if std::mem::take(&mut self.at_target) {
        } else if self.at_command && !goes_on(&word) {
            self.at_command = false;
            return base(&word) == program;
        }
        false
    }
}

/// True when the word after this one is a program too: reserved words, assignments, and what runs its argument.
fn goes_on(word: &str) -> bool {
    let assigns = word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    const WORDS: [&str; 12] =
        ["!", "{", "if", "then", "elif", "else", "while", "until", "do", "exec", "command", "time"];
    assigns || WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_commands_of_scripts() {
        for (script, want) in [
            ("sudo nginx", true),
            ("/usr/bin/sudo -E nginx", true),
            ("cd /tmp && sudo make", true),
            ("cd /tmp\nsudo make", true),
            ("A=1 B='x y' sudo make", true),
            ("if true; then sudo x; fi", true),
            ("for a in 1 2; do sudo x; done", true),
            ("case $1 in a) sudo x ;; esac", true),
            ("f() { sudo x; }; f", true),
            ("echo $(sudo id)", true),
            ("echo \"user: $(sudo id)\" x", true),
            ("echo `sudo id`", true),
            ("exec sudo x", true),
            ("> /tmp/out sudo x", true),
            ("cat <<EOF\nEOF\nsudo x", true),
            ("'sudo' x", true),
            ("su\\\ndo x", true),
            ("true | sudo tee x", true),
            ("echo sudo", false),
            ("echo \"a; sudo b\"", false),
            ("echo 'a; sudo b'", false),
            ("echo a \\; sudo b", false),
            ("apt-get install sudo", false),
            ("# sudo x", false),
            ("true # ; sudo x", false),
            ("cat <<EOF\nsudo x\nEOF\ntrue", false),
            ("cat <<-'E O'\n\tsudo x\n\tE O\ntrue", false),
            ("cat <<< sudo", false),
            ("echo > sudo", false),
            ("echo \"$(true) sudo\"", false),
            ("sudoers", false),
            ("", false),
            ("echo 'open", false),
            ("cat <<EOF\nsudo", false),
        ] {
            assert_eq!(Script::new(script).starts("sudo"), want, "{script}");
        }
    }

    #[test]
    fn finds_the_script_of_a_shell() {
        for (argv, want) in [
            (&["sudo", "x"][..], Some(0)),
            (&["/usr/bin/sudo"], Some(0)),
            (&["sudo x"], Some(0)),
            (&["sh", "-c", "sudo x"], Some(2)),
            (&["/bin/bash", "-euo", "pipefail", "-c", "sudo x"], Some(4)),
            (&["bash", "-lc", "sudo x"], Some(2)),
            (&["busybox", "sh", "-c", "sudo x"], Some(3)),
            (&["sh", "sudo"], None),
            (&["sh", "-c", "echo", "sudo"], None),
            (&["echo", "sudo"], None),
            (&["bash", "--rcfile", "-c"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(starts(argv, "sudo"), want, "{argv:?}");
        }
    }
}
