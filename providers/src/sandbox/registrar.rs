//! The client of the two registrars.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dombot_core::domain::{DomainName, Years};
use dombot_core::ids::AccountId;
use dombot_core::job::Claimed;
use dombot_core::provider::{
    Availability, Books, DomainFacts, Evidence, Field, Kind, OpenError, OrderRecord, Outcome,
    Proved, Provider, ProviderError, Quote, Registrar, RenewOrder, Repeat, Settings, Tax, Verb,
};
use jiff::civil::Date;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::account::{DEADLINE, Face, SETTLE, TOKEN, URL};
use super::convert::{answered, money};
use crate::http::send_once;

const REPEAT: Field = Field {
    name: "repeat",
    hint: "keyed (registrar a) or read_back_only (registrar b, the default)",
    secret: false,
    optional: true,
};

/// A registrar of the sandbox.
pub(crate) const KIND: Kind = Kind {
    id: "sandbox",
    title: "Sandbox registrar",
    fields: &[URL, TOKEN, REPEAT],
    proved: Proved::Sandbox,
    own_server: true,
    open,
};

fn open(_: AccountId, settings: &Settings) -> Result<Arc<dyn Provider>, OpenError> {
    let keyed = match settings.text(REPEAT.name) {
        Some("keyed") => true,
        None | Some("read_back_only") => false,
        Some(_) => {
            let problem = "keyed or read_back_only".into();
            return Err(OpenError { field: REPEAT.name, problem });
        }
    };
    Ok(Arc::new(SandboxRegistrar { face: Face::open(settings)?, keyed }))
}

pub(super) struct SandboxRegistrar {
    pub(super) face: Face,
    pub(super) keyed: bool,
}

#[derive(Deserialize)]
struct Facts {
    name: String,
    expires: Date,
    auto_renew: bool,
    locked: bool,
    nameservers: Vec<String>,
    statuses: Vec<String>,
}

#[derive(Deserialize)]
struct AllFacts {
    domains: Vec<Facts>,
}

#[derive(Deserialize)]
struct Check {
    available: bool,
    price: Option<String>,
    currency: String,
    premium: bool,
}

#[derive(Deserialize)]
struct Price {
    #[serde(rename = "price")]
    total: String,
    balance: String,
    currency: String,
    premium: bool,
    #[serde(default)]
    tax: Tax,
}

#[derive(Deserialize)]
struct Order {
    id: String,
    domain: String,
    charged: String,
    currency: String,
    expires: Date,
    balance: String,
}

#[derive(Deserialize)]
struct Orders {
    orders: Vec<Order>,
}

fn name(text: &str) -> Result<DomainName, ProviderError> {
    DomainName::parse(text).map_err(|e| ProviderError::Unexpected(e.to_string()))
}

fn facts(f: Facts) -> Result<DomainFacts, ProviderError> {
    Ok(DomainFacts {
        name: name(&f.name)?,
        expires: Some(f.expires),
        auto_renew: Some(f.auto_renew),
        locked: Some(f.locked),
        nameservers: f.nameservers.iter().map(|n| name(n)).collect::<Result<_, _>>()?,
        statuses: f.statuses,
    })
}

impl Provider for SandboxRegistrar {
    fn registrar(&self) -> Option<&dyn Registrar> {
        Some(self)
    }
    fn books(&self) -> Option<&dyn Books> {
        Some(&self.face)
    }
}

#[async_trait]
impl Registrar for SandboxRegistrar {
    fn repeat(&self, verb: Verb) -> Repeat {
        match verb {
            Verb::Renew if self.keyed => Repeat::Keyed { valid_for: Duration::from_hours(24) },
            Verb::Renew => Repeat::ReadBackOnly,
            Verb::AutoRenew => Repeat::CompareAndSet,
        }
    }

    fn settle(&self) -> Duration {
        SETTLE
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn fresh(&self) -> bool {
        true
    }

    async fn domains(&self) -> Result<Vec<DomainFacts>, ProviderError> {
        let all: AllFacts = self.face.get(&["domains"], &[]).await?;
        all.domains.into_iter().map(facts).collect()
    }

    async fn domain(&self, name: &DomainName) -> Result<DomainFacts, ProviderError> {
        facts(self.face.get(&["domains", name.as_str()], &[]).await?)
    }

    async fn check(&self, name: &DomainName) -> Result<Availability, ProviderError> {
        let check: Check = self.face.get(&["check"], &[("name", name.as_str())]).await?;
        let price = check.price.map(|p| money(&p, &check.currency)).transpose()?;
        Ok(Availability {
            name: name.clone(),
            available: Some(check.available),
            price,
            premium: check.premium,
        })
    }

    async fn quote_renew(&self, name: &DomainName, years: Years) -> Result<Quote, ProviderError> {
        let query = [("years", &*years.get().to_string())];
        let price: Price = self.face.get(&["domains", name.as_str(), "quote"], &query).await?;
        Ok(Quote {
            price: money(&price.total, &price.currency)?,
            balance: Some(money(&price.balance, &price.currency)?),
            enforced: true,
            premium: price.premium,
            tax: price.tax,
        })
    }

    async fn order(
        &self,
        key: &str,
        domain: &DomainName,
    ) -> Result<Option<OrderRecord>, ProviderError> {
        let query = [("key", key), ("domain", domain.as_str())];
        let found: Orders = self.face.get(&["orders"], &query).await?;
        let first = found.orders.into_iter().next();
        first
            .map(|o| {
                Ok(OrderRecord {
                    charged: Some(money(&o.charged, &o.currency)?),
                    expires: Some(o.expires),
                    reference: o.id,
                })
            })
            .transpose()
    }

    async fn renew(&self, claim: &Claimed<'_>, order: &RenewOrder) -> Outcome {
        self.send_renewal(&claim.key(), claim.deadline(), order).await
    }

    async fn set_auto_renew(
        &self,
        claim: &Claimed<'_>,
        domain: &DomainName,
        enabled: bool,
    ) -> Outcome {
        self.send_auto_renew(&claim.key(), claim.deadline(), domain, enabled).await
    }
}

impl SandboxRegistrar {
    pub(super) async fn send_renewal(
        &self,
        key: &str,
        deadline: Duration,
        order: &RenewOrder,
    ) -> Outcome {
        let body = json!({
            "years": order.years.get(),
            "expected_expiry": order.expected_expiry,
            "max_price": order.price_cap.amount(),
            "currency": order.price_cap.currency.as_str(),
        });
        let path = ["domains", order.domain.as_str(), "renew"];
        let request = self.face.write(Method::POST, &path, key).json(&body);
        let done: Order = match answered(send_once(request, deadline).await) {
            Ok(done) => done,
            Err(outcome) => return outcome,
        };
        match evidence(&done, &order.domain) {
            Ok(evidence) => Outcome::Done(evidence),
            Err(e) => Outcome::Unknown(e.to_string()),
        }
    }

    pub(super) async fn send_auto_renew(
        &self,
        key: &str,
        deadline: Duration,
        domain: &DomainName,
        enabled: bool,
    ) -> Outcome {
        let body = json!({"auto_renew": enabled, "expected": !enabled});
        let request =
            self.face.write(Method::PATCH, &["domains", domain.as_str()], key).json(&body);
        match answered::<Facts>(send_once(request, deadline).await) {
            Ok(now) if now.auto_renew == enabled => Outcome::Done(Evidence::default()),
            Ok(_) => Outcome::Unknown("the answer shows the old setting".into()),
            Err(outcome) => outcome,
        }
    }
}

fn evidence(done: &Order, domain: &DomainName) -> Result<Evidence, ProviderError> {
    if done.domain != domain.as_str() {
        return Err(ProviderError::Unexpected(format!("an order for {}", done.domain)));
    }
    Ok(Evidence {
        reference: Some(done.id.clone()),
        charged: Some(money(&done.charged, &done.currency)?),
        expires: Some(done.expires),
        balance: Some(money(&done.balance, &done.currency)?),
        ..Evidence::default()
    })
}
