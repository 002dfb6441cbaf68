//! Closed sets of string values, which only the generated Go description carries.

use super::swagger::Api;

/// Appends `|A|B` to the code of every string field (or list or map of strings) that has a closed set of values.
///
/// The file is read by its layout, which a generator fixes: one function a type, a property at five tabs, its `Enum:`
/// line below it.
pub(crate) fn add(api: &mut Api, go: &str) {
    let mut type_name = String::new();
    let mut field = "";
    for line in go.lines() {
        if let Some(rest) = line.strip_prefix("func schema_") {
            type_name = rest.split('(').next().map(short_name).unwrap_or_default();
        } else if let Some(rest) = line.strip_prefix("\t\t\t\t\t\"") {
            field = rest.split('"').next().unwrap_or_default();
        } else if let Some(rest) = line.trim_start().strip_prefix("Enum:") {
            // Go constants of one value under two names appear twice.
            let values: std::collections::BTreeSet<&str> = rest.split('"').skip(1).step_by(2).collect();
            let Some(found) = api.types.get_mut(&type_name).and_then(|fields| fields.get_mut(field)) else {
                continue;
            };
            if found.code.ends_with('s') && !found.code.contains('+') {
                found.code.extend(values.into_iter().flat_map(|value| ["|", value]));
            }
        }
    }
}

/// `k8sio_api_apps_v1_Deployment` is `apps.v1.Deployment`: the last three parts name a type.
fn short_name(function: &str) -> String {
    let parts: Vec<&str> = function.split('_').collect();
    parts[parts.len().saturating_sub(3)..].join(".")
}
