//! Only the module of a route can make one.

use crate::support::cases;
use crate::support::source::modules;

cases! {
    once: [a_route_is_made_only_where_its_access_is_checked],
}

/// Private fields make the compiler refuse a route without a check. They are private to the file
/// as long as it has no modules below it.
async fn a_route_is_made_only_where_its_access_is_checked() {
    let modules = modules("src/http");
    let routes: Vec<_> = modules
        .iter()
        .flat_map(|module| module.syntax.items.iter().map(move |item| (module, item)))
        .filter_map(|(module, item)| match item {
            syn::Item::Struct(item) if item.ident == "Route" => Some((module, item)),
            _ => None,
        })
        .collect();
    let [(module, route)] = routes[..] else { panic!("{} types are called Route", routes.len()) };
    for name in ["access", "run"] {
        let field = route.fields.iter().find(|it| it.ident.as_ref().is_some_and(|it| it == name));
        let field = field.unwrap_or_else(|| panic!("Route has no field '{name}'"));
        assert!(matches!(field.vis, syn::Visibility::Inherited), "'{name}' is not private");
    }
    let below =
        modules.iter().find(|it| it.name.starts_with(&module.name) && it.name != module.name);
    assert!(below.is_none(), "a module below the route's could make one unchecked");
}
