//! Which methods modules declare, and which they call.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::source::Module;

/// The names of methods that are called anywhere in these modules, the arguments of macros
/// included.
pub fn called_methods(modules: &[Module]) -> BTreeSet<String> {
    let mut called = Called::default();
    for module in modules {
        called.visit_file(&module.syntax);
    }
    called.0
}

#[derive(Default)]
struct Called(BTreeSet<String>);

impl Called {
    fn tokens(&mut self, tokens: &TokenStream) {
        let tokens: Vec<_> = tokens.clone().into_iter().collect();
        for window in tokens.windows(2) {
            if let [TokenTree::Punct(dot), TokenTree::Ident(name)] = window
                && dot.as_char() == '.'
            {
                self.0.insert(name.to_string());
            }
        }
        for token in tokens {
            if let TokenTree::Group(group) = token {
                self.tokens(&group.stream());
            }
        }
    }
}

impl<'ast> Visit<'ast> for Called {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.0.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(&call.tokens);
    }
}

/// The public functions of a type's own, wherever in these modules they are implemented.
pub fn public_functions(modules: &[Module], of: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in modules.iter().flat_map(|module| &module.syntax.items) {
        let syn::Item::Impl(block) = item else { continue };
        let syn::Type::Path(implemented) = block.self_ty.as_ref() else { continue };
        if block.trait_.is_some() || !implemented.path.is_ident(of) {
            continue;
        }
        for item in &block.items {
            if let syn::ImplItem::Fn(function) = item
                && matches!(function.vis, syn::Visibility::Public(_))
            {
                names.insert(function.sig.ident.to_string());
            }
        }
    }
    names
}
