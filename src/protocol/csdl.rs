//! `$metadata`: the types in CSDL XML (OData 4.01 CSDL XML), as generators of clients read them.

use std::fmt::Write as _;

use super::model::{
    ACTIONS, Action, DEVICE_MANAGEMENT, ENUMS, Edm, EnumType, Namespace, Property, STRUCTURED,
    StructuredType,
};

/// The whole document. It is the same for everybody, always.
#[must_use]
pub fn csdl() -> String {
    let mut xml = Xml(String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"));
    xml.element(0, "edmx:Edmx", &[("Version", "4.0"), ("xmlns:edmx", EDMX)], |xml| {
        xml.element(1, "edmx:DataServices", &[], |xml| {
            for namespace in [Namespace::Graph, Namespace::Esimpool] {
                schema(xml, namespace);
            }
        });
    });
    xml.0
}

fn schema(xml: &mut Xml, namespace: Namespace) {
    let mut names = vec![("Namespace", namespace.name())];
    names.extend((namespace == Namespace::Graph).then_some(("Alias", "graph")));
    names.push(("xmlns", EDM));
    xml.element(2, "Schema", &names, |xml| {
        for it in ENUMS.into_iter().filter(|it| it.namespace == namespace) {
            enumeration(xml, it);
        }
        for it in STRUCTURED.into_iter().filter(|it| it.namespace == namespace) {
            structured(xml, it);
        }
        for it in ACTIONS.iter().filter(|it| it.namespace == namespace) {
            action(xml, it);
        }
        if namespace == Namespace::Graph {
            container(xml);
        }
    });
}

const EDMX: &str = "http://docs.oasis-open.org/odata/ns/edmx";
const EDM: &str = "http://docs.oasis-open.org/odata/ns/edm";

fn enumeration(xml: &mut Xml, it: &EnumType) {
    xml.element(3, "EnumType", &[("Name", it.name)], |xml| {
        for (value, name) in it.members.iter().enumerate() {
            xml.empty(4, "Member", &[("Name", name), ("Value", &value.to_string())]);
        }
    });
}

fn structured(xml: &mut Xml, it: &StructuredType) {
    let base = it.base.map(|base| format!("graph.{base}"));
    let mut attributes = vec![("Name", it.name)];
    attributes.extend(base.as_deref().map(|base| ("BaseType", base)));
    attributes.extend(it.is_abstract.then_some(("Abstract", "true")));
    let element = if it.entity { "EntityType" } else { "ComplexType" };
    xml.element(3, element, &attributes, |xml| {
        if it.entity && it.base.is_none() {
            xml.element(4, "Key", &[], |xml| xml.empty(5, "PropertyRef", &[("Name", "id")]));
        }
        for it in it.properties {
            property(xml, it);
        }
        for it in it.navigation {
            let kind = type_name(Edm::Collection(it.of));
            let attributes = [("Name", it.name), ("Type", &kind), ("ContainsTarget", "true")];
            xml.element(4, "NavigationProperty", &attributes, |xml| described(xml, 5, it.what));
        }
        described(xml, 4, it.what);
    });
}

fn property(xml: &mut Xml, it: &Property) {
    let kind = type_name(it.kind);
    let mut attributes = vec![("Name", it.name), ("Type", kind.as_str())];
    // Nullable is what CSDL assumes.
    attributes.extend((!it.nullable).then_some(("Nullable", "false")));
    xml.element(4, "Property", &attributes, |xml| described(xml, 5, it.what));
}

fn type_name(kind: Edm) -> String {
    match kind {
        Edm::String => "Edm.String".to_owned(),
        Edm::Boolean => "Edm.Boolean".to_owned(),
        Edm::Int32 => "Edm.Int32".to_owned(),
        Edm::Int64 => "Edm.Int64".to_owned(),
        Edm::Guid => "Edm.Guid".to_owned(),
        Edm::DateTimeOffset => "Edm.DateTimeOffset".to_owned(),
        Edm::Stream => "Edm.Stream".to_owned(),
        Edm::Enum(of) => format!("{}.{}", short(of.namespace), of.name),
        Edm::Complex(of) => format!("{}.{}", short(of.namespace), of.name),
        Edm::Collection(of) => format!("Collection({}.{})", short(of.namespace), of.name),
    }
}

fn short(namespace: Namespace) -> &'static str {
    match namespace {
        Namespace::Graph => "graph",
        Namespace::Esimpool => "esimpool",
    }
}

fn action(xml: &mut Xml, it: &Action) {
    let element = if it.changes { "Action" } else { "Function" };
    xml.element(3, element, &[("Name", it.name), ("IsBound", "true")], |xml| {
        let bound = type_name(it.on);
        xml.empty(4, "Parameter", &[("Name", "bindingParameter"), ("Type", &bound)]);
        for parameter in it.parameters {
            let kind = type_name(parameter.kind);
            let mut attributes = vec![("Name", parameter.name), ("Type", kind.as_str())];
            attributes.extend((!parameter.nullable).then_some(("Nullable", "false")));
            xml.element(4, "Parameter", &attributes, |xml| described(xml, 5, parameter.what));
        }
        xml.empty(4, "ReturnType", &[("Type", &type_name(it.gives))]);
        described(xml, 4, it.what);
    });
}

fn container(xml: &mut Xml) {
    let kind = format!("microsoft.graph.{}", DEVICE_MANAGEMENT.name);
    xml.element(3, "EntityContainer", &[("Name", "GraphService")], |xml| {
        xml.empty(4, "Singleton", &[("Name", DEVICE_MANAGEMENT.name), ("Type", &kind)]);
    });
}

fn described(xml: &mut Xml, level: usize, what: &str) {
    let term = ("Term", "Org.OData.Core.V1.Description");
    xml.empty(level, "Annotation", &[term, ("String", what)]);
}

/// XML while it is written.
struct Xml(String);

impl Xml {
    fn element(
        &mut self,
        level: usize,
        name: &str,
        attributes: &[(&str, &str)],
        inside: impl FnOnce(&mut Self),
    ) {
        self.open(level, name, attributes, ">\n");
        inside(self);
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{:indent$}</{name}>", "", indent = level * 2);
    }

    fn empty(&mut self, level: usize, name: &str, attributes: &[(&str, &str)]) {
        self.open(level, name, attributes, "/>\n");
    }

    fn open(&mut self, level: usize, name: &str, attributes: &[(&str, &str)], end: &str) {
        let _ = write!(self.0, "{:indent$}<{name}", "", indent = level * 2);
        for (name, value) in attributes {
            let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            let _ = write!(self.0, " {name}=\"{value}\"");
        }
        self.0.push_str(end);
    }
}
