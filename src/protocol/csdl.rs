//! `$metadata`: the catalog as CSDL XML (OData 4.01), which client generators read.

use std::fmt::Write as _;

use super::catalog::{DEVICE_MANAGEMENT, ENUMS, OPERATIONS, STRUCTURED};
use super::model::{EdmType, Operation, Property, StructuredType, split_name};
use crate::domain::EnumType;

/// The namespace of the reference's own types.
const GRAPH: &str = "microsoft.graph";
/// The namespace of what this service adds.
const ESIMPOOL: &str = "esimpool";

/// The document. It never changes while the program runs.
#[must_use]
pub fn csdl() -> String {
    let mut xml = Xml(String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"));
    xml.element(0, "edmx:Edmx", &[("Version", "4.0"), ("xmlns:edmx", EDMX)], |xml| {
        xml.element(1, "edmx:DataServices", &[], |xml| {
            for namespace in [GRAPH, ESIMPOOL] {
                schema(xml, namespace);
            }
        });
    });
    xml.0
}

fn schema(xml: &mut Xml, namespace: &'static str) {
    let within = |name| split_name(name).0 == namespace;
    let mut attributes = vec![("Namespace", namespace)];
    attributes.extend((namespace == GRAPH).then_some(("Alias", "graph")));
    attributes.push(("xmlns", EDM));
    xml.element(2, "Schema", &attributes, |xml| {
        for it in ENUMS.into_iter().filter(|it| within(it.name)) {
            enumeration(xml, it);
        }
        for it in STRUCTURED.into_iter().filter(|it| within(it.qualified_name())) {
            structured(xml, it);
        }
        for it in OPERATIONS.iter().filter(|it| within(it.name)) {
            operation(xml, it);
        }
        if namespace == GRAPH {
            container(xml);
        }
    });
}

const EDMX: &str = "http://docs.oasis-open.org/odata/ns/edmx";
const EDM: &str = "http://docs.oasis-open.org/odata/ns/edm";

fn enumeration(xml: &mut Xml, it: &EnumType) {
    xml.element(3, "EnumType", &[("Name", split_name(it.name).1)], |xml| {
        for (value, name) in it.members.iter().enumerate() {
            xml.empty(4, "Member", &[("Name", name), ("Value", &value.to_string())]);
        }
    });
}

fn structured(xml: &mut Xml, it: &StructuredType) {
    let base = it.base.map(|base| format!("graph.{base}"));
    let mut attributes = vec![("Name", it.name())];
    attributes.extend(base.as_deref().map(|base| ("BaseType", base)));
    attributes.extend(it.is_abstract.then_some(("Abstract", "true")));
    let element = if it.entity { "EntityType" } else { "ComplexType" };
    xml.element(3, element, &attributes, |xml| {
        if it.entity && it.base.is_none() {
            xml.element(4, "Key", &[], |xml| xml.empty(5, "PropertyRef", &[("Name", "id")]));
        }
        for it in it.own_properties() {
            property(xml, it);
        }
        for it in it.navigation {
            let kind = type_name(EdmType::Collection(it.of));
            let attributes = [("Name", it.name), ("Type", &kind), ("ContainsTarget", "true")];
            xml.element(4, "NavigationProperty", &attributes, |xml| {
                described(xml, 5, it.description);
            });
        }
        described(xml, 4, it.description);
    });
}

fn property(xml: &mut Xml, it: &Property) {
    let kind = type_name(it.kind);
    let mut attributes = vec![("Name", it.name), ("Type", kind.as_str())];
    // CSDL's default is nullable.
    attributes.extend((!it.nullable).then_some(("Nullable", "false")));
    xml.element(4, "Property", &attributes, |xml| described(xml, 5, it.description));
}

fn type_name(kind: EdmType) -> String {
    match kind {
        EdmType::String => "Edm.String".to_owned(),
        EdmType::Boolean => "Edm.Boolean".to_owned(),
        EdmType::Int32 => "Edm.Int32".to_owned(),
        EdmType::Int64 => "Edm.Int64".to_owned(),
        EdmType::Guid => "Edm.Guid".to_owned(),
        EdmType::DateTimeOffset => "Edm.DateTimeOffset".to_owned(),
        EdmType::Stream => "Edm.Stream".to_owned(),
        EdmType::Enum(of) => aliased(of.name),
        EdmType::Complex(of) => aliased(of.qualified_name()),
        EdmType::Collection(of) => format!("Collection({})", aliased(of.qualified_name())),
    }
}

/// A qualified name with Graph's alias in the place of its namespace.
fn aliased(name: &'static str) -> String {
    let (namespace, name) = split_name(name);
    let namespace = if namespace == GRAPH { "graph" } else { namespace };
    format!("{namespace}.{name}")
}

fn operation(xml: &mut Xml, it: &Operation) {
    let element = if it.is_action { "Action" } else { "Function" };
    xml.element(3, element, &[("Name", split_name(it.name).1), ("IsBound", "true")], |xml| {
        let bound = type_name(it.bound_to);
        xml.empty(4, "Parameter", &[("Name", "bindingParameter"), ("Type", &bound)]);
        for parameter in it.parameters {
            let kind = type_name(parameter.kind);
            let mut attributes = vec![("Name", parameter.name), ("Type", kind.as_str())];
            attributes.extend((!parameter.nullable).then_some(("Nullable", "false")));
            xml.element(4, "Parameter", &attributes, |xml| {
                described(xml, 5, parameter.description);
            });
        }
        xml.empty(4, "ReturnType", &[("Type", &type_name(it.returns))]);
        described(xml, 4, it.description);
    });
}

fn container(xml: &mut Xml) {
    let kind = DEVICE_MANAGEMENT.qualified_name();
    xml.element(3, "EntityContainer", &[("Name", "GraphService")], |xml| {
        xml.empty(4, "Singleton", &[("Name", DEVICE_MANAGEMENT.name()), ("Type", kind)]);
    });
}

fn described(xml: &mut Xml, level: usize, description: &str) {
    let term = ("Term", "Org.OData.Core.V1.Description");
    xml.empty(level, "Annotation", &[term, ("String", description)]);
}

/// An XML document that is being written.
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
