//! `POST /qos-specs`, `PUT` and `DELETE /qos-specs/{id}`, `PUT /qos-specs/{id}/delete_keys`.

use axum::http::StatusCode;
use serde_json::Value;

use super::{One, View};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::qos::{Consumer, Specs};
use crate::domain::{Error, Result};
use crate::service::qos::{InUse, QosChange};

pub async fn create(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let name = call.object("qos_specs").text("name").unwrap_or_default();
    let mut specs = checked(&call)?;
    specs.remove("name");
    let consumer = taken(&mut specs)?.unwrap_or(Consumer::BackEnd);
    specs.retain(|_, value| value.is_some());
    let services = &call.edge.services;
    let created = services.create_qos_specs(&call.ctx, name.trim(), consumer, specs).await?;
    let links = call.links.of("qos-specs");
    Ok(Reply::ok(&One { qos_specs: View::of(&created), links: links.item(created.id) }))
}

/// The reply is what was sent.
pub async fn update(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let id = call.param("id");
    // Unknown specs are told before a wrong consumer.
    call.edge.services.get_qos_specs(id).await?;
    let mut specs = checked(&call)?;
    let change = QosChange { consumer: taken(&mut specs)?, specs };
    call.edge.services.update_qos_specs(&call.ctx, id, &change).await?;
    Ok(Reply::ok(&call.body))
}

pub async fn delete(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let in_use = if call.query.boolean("force")? { InUse::Disassociate } else { InUse::Refuse };
    call.edge.services.delete_qos_specs(&call.ctx, call.param("id"), in_use).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

pub async fn delete_keys(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let keys = call.body.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let keys: Vec<String> = keys.iter().filter_map(|key| Some(key.as_str()?.to_owned())).collect();
    call.edge.services.delete_qos_keys(&call.ctx, call.param("id"), &keys).await?;
    Ok(Reply::raw(StatusCode::ACCEPTED))
}

/// The keys of the body. A create's schema lets everything pass, so lengths are looked at here.
fn checked(call: &Call) -> Result<Specs> {
    let wrong = |what: String| Err(Error::invalid(format!("Invalid input received: {what}")));
    let mut specs = Specs::new();
    for (key, value) in call.body.get("qos_specs").and_then(Value::as_object).into_iter().flatten() {
        let what = format!("Value for key \"{key}\"");
        match (key.chars().count(), value) {
            (0, _) => return wrong(format!("Key \"{key}\" has 0 characters, less than 1.")),
            (256.., _) => {
                let length = key.chars().count();
                return wrong(format!("Key \"{key}\" has {length} characters, more than 255."));
            }
            (_, Value::Null) => {
                specs.insert(key.clone(), None);
            }
            // The name may have blanks around it, which do not count.
            (_, Value::String(text)) if text.chars().count() > 255 && key != "name" => {
                let length = text.chars().count();
                return wrong(format!("{what} has {length} characters, more than 255."));
            }
            (_, Value::String(text)) => {
                specs.insert(key.clone(), Some(text.clone()));
            }
            (_, _) => return wrong(format!("{what} is not a string or unicode")),
        }
    }
    Ok(specs)
}

/// Who keeps the limits is a key among the others in a body, and nowhere else.
fn taken(specs: &mut Specs) -> Result<Option<Consumer>> {
    let Some(said) = specs.remove("consumer") else { return Ok(None) };
    // Null stands for the default.
    let Some(word) = said else { return Ok(Some(Consumer::BackEnd)) };
    Consumer::parse(&word).map(Some).ok_or_else(|| {
        Error::invalid(
            "Invalid qos specs: Valid consumer of QoS specs are: QoSConsumerValues(default=<class \
             'oslo_versionedobjects.fields.UnspecifiedDefault'>,nullable=False,valid_values=('back-end', \
             'front-end', 'both'))",
        )
    })
}
