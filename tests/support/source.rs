//! The service's own source as syntax: its modules, what they name, and what they declare.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Spacing, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// The segments of a path, from its first one.
pub type Segments = Vec<String>;

/// A module in a file of its own. What is compiled for unit tests only is left out.
pub struct Module {
    /// Relative to the folder that was read.
    pub file: PathBuf,
    /// The module's path without `crate`.
    pub name: Segments,
    /// Lines of code up to the unit tests, comment lines left out.
    pub lines: usize,
    /// Every path of two segments or more, and those of `use`; but not what `pub use`, whatever its
    /// visibility, merely passes on.
    pub paths: BTreeSet<Segments>,
    /// What each `use` brings in, by the name it has here.
    imports: BTreeMap<String, Segments>,
    pub syntax: syn::File,
}

/// All modules below a folder of the repository.
pub fn modules(folder: &str) -> Vec<Module> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut modules: Vec<_> = files.iter().map(|file| read(&root, file)).collect();
    let for_tests: Vec<_> = modules.iter().flat_map(test_modules).collect();
    modules.retain(|module| !for_tests.iter().any(|name| module.name.starts_with(name)));
    modules
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn read(root: &Path, path: &Path) -> Module {
    let text = std::fs::read_to_string(path).expect("text");
    let syntax = syn::parse_file(&text)
        .unwrap_or_else(|error| panic!("{} is not Rust: {error}", path.display()));
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//")).count();
    let file = path.strip_prefix(root).expect("below the root").to_owned();
    let mut name: Segments = file
        .with_extension("")
        .iter()
        .map(|part| part.to_str().expect("a name in UTF-8").to_owned())
        .collect();
    if name.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        name.pop();
    }
    let mut found = Found::default();
    found.visit_file(&syntax);
    let Found { paths, imports } = found;
    Module { file, name, lines, paths, imports, syntax }
}

/// The modules that this one declares for unit tests only.
fn test_modules(module: &Module) -> Vec<Segments> {
    let declared = module.syntax.items.iter().filter_map(|item| match item {
        syn::Item::Mod(declared) if is_for_tests(&declared.attrs) => Some(&declared.ident),
        _ => None,
    });
    declared.map(|ident| joined(&module.name, &[ident.to_string()])).collect()
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

fn joined(prefix: &[String], rest: &[String]) -> Segments {
    [prefix, rest].concat()
}

#[derive(Default)]
struct Found {
    paths: BTreeSet<Segments>,
    imports: BTreeMap<String, Segments>,
}

impl Found {
    fn import(&mut self, prefix: &[String], tree: &syn::UseTree, passed_on: bool) {
        let mut add = |last: &syn::Ident, name: &syn::Ident| {
            let path = match last.to_string().as_str() {
                "self" => prefix.to_vec(),
                last => joined(prefix, &[last.to_owned()]),
            };
            let name = if last == name { path.last().cloned() } else { Some(name.to_string()) };
            self.imports.extend(name.map(|name| (name, path.clone())));
            if !passed_on {
                self.paths.insert(path);
            }
        };
        match tree {
            syn::UseTree::Path(path) => {
                let prefix = joined(prefix, &[path.ident.to_string()]);
                self.import(&prefix, &path.tree, passed_on);
            }
            syn::UseTree::Name(name) => add(&name.ident, &name.ident),
            syn::UseTree::Rename(rename) => add(&rename.ident, &rename.rename),
            syn::UseTree::Glob(_) => {
                self.paths.insert(prefix.to_vec());
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(prefix, tree, passed_on);
                }
            }
        }
    }

    /// The paths among the arguments of a macro or an attribute.
    fn tokens(&mut self, tokens: &TokenStream) {
        let mut tokens = tokens.clone().into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(public) if public == "pub" => {
                    tokens.next_if(|it| matches!(it, TokenTree::Group(_)));
                }
                TokenTree::Group(group) => self.tokens(&group.stream()),
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    while tokens.next_if(|it| is_colon(it, Spacing::Joint)).is_some() {
                        tokens.next_if(|it| is_colon(it, Spacing::Alone));
                        match tokens.next_if(|it| matches!(it, TokenTree::Ident(_))) {
                            Some(next) => path.push(next.to_string()),
                            None => break,
                        }
                    }
                    if path.len() > 1 {
                        self.paths.insert(path);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

fn is_colon(token: &TokenTree, spacing: Spacing) -> bool {
    matches!(token, TokenTree::Punct(it) if it.as_char() == ':' && it.spacing() == spacing)
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let passed_on = !matches!(item.vis, syn::Visibility::Inherited);
        self.import(&[], &item.tree, passed_on);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.paths.insert(path.segments.iter().map(|it| it.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    /// Where something is visible is no use of it.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(&call.tokens);
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(&list.tokens);
        visit::visit_meta_list(self, list);
    }
}

/// Which module each path of a module leads to.
pub struct Names<'a>(BTreeMap<&'a [String], &'a Module>);

impl<'a> Names<'a> {
    pub fn of(modules: &'a [Module]) -> Self {
        Self(modules.iter().map(|module| (module.name.as_slice(), module)).collect())
    }

    /// The modules that define what this one names. What a module merely passes on counts as named
    /// by those who use it.
    pub fn uses(&self, module: &Module) -> BTreeSet<&'a [String]> {
        let found = module.paths.iter().filter_map(|path| self.defining(&module.name, path, 0));
        found.filter(|name| *name != module.name).collect()
    }

    fn defining(&self, at: &[String], path: &[String], depth: usize) -> Option<&'a [String]> {
        let (first, rest) = path.split_first()?;
        // Two modules may import from each other by globs.
        if depth > 20 {
            return None;
        }
        let (mut at, rest) = match first.as_str() {
            "crate" => (Vec::new(), rest),
            "self" => (at.to_vec(), rest),
            "super" => (at[..at.len().checked_sub(1)?].to_vec(), rest),
            _ if self.0.contains_key(joined(at, &path[..1]).as_slice()) => (at.to_vec(), path),
            _ => {
                let import = self.0.get(at)?.imports.get(first)?;
                return self.defining(at, &joined(import, rest), depth + 1);
            }
        };
        for (index, segment) in rest.iter().enumerate() {
            if segment == "super" {
                at.pop()?;
                continue;
            }
            let inner = joined(&at, std::slice::from_ref(segment));
            if self.0.contains_key(inner.as_slice()) {
                at = inner;
                continue;
            }
            let (name, module) = self.0.get_key_value(at.as_slice())?;
            return match module.imports.get(segment) {
                Some(import) => self.defining(&at, &joined(import, &rest[index + 1..]), depth + 1),
                None => Some(name),
            };
        }
        self.0.get_key_value(at.as_slice()).map(|(name, _)| *name)
    }
}
