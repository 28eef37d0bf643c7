//! Seals on approval rows: a row that anything else wrote into the database does nothing. Rule 9.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::action::Role;
use crate::ids::PersonId;
use crate::plan::{Digest, hex};
use crate::store::{Factor, NewApproval};

/// The vault's key for sealing; 32 bytes.
#[derive(Clone)]
pub struct SealKey(zeroize::Zeroizing<[u8; 32]>);

impl SealKey {
    /// From the vault.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(zeroize::Zeroizing::new(bytes))
    }

    fn mac(&self, purpose: &str) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&*self.0).expect("HMAC takes any key");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac
    }

    /// The seal of a plan that was made here: what anything else wrote into the database cannot be approved.
    pub fn of_plan(&self, digest: &Digest) -> String {
        self.hash("plan", &digest.to_string())
    }

    /// The seal of a person's rights.
    pub fn of_person(&self, person: PersonId, role: Role) -> String {
        self.hash("person", &format!("{person}|{role:?}"))
    }

    /// The seal of an authenticator: whose it is, and until when tiers 2 and 3 wait.
    pub fn of_factor(&self, factor: &Factor) -> String {
        let hold = factor.hold_until.map(jiff::Timestamp::as_millisecond);
        self.hash("factor", &format!("{}|{}|{hold:?}", factor.id, factor.person))
    }

    /// HMAC of a text for one purpose, hex: recovery codes rest as this.
    pub fn hash(&self, purpose: &str, text: &str) -> String {
        let mut mac = self.mac(purpose);
        mac.update(text.as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(..)")
    }
}

fn mac_of(key: &SealKey, digest: &Digest, row: &NewApproval) -> Hmac<Sha256> {
    let mut mac = key.mac("approval");
    mac.update(digest.as_bytes());
    let at = row.at.as_millisecond();
    mac.update(format!("|{}|{}|{}|{at}", row.person, row.factor, row.step).as_bytes());
    row.jobs.iter().for_each(|job| mac.update(format!("|{job}").as_bytes()));
    mac
}

pub(super) fn seal(key: &SealKey, digest: &Digest, row: &NewApproval) -> String {
    hex(&mac_of(key, digest, row).finalize().into_bytes())
}

/// Two seals, compared in constant time.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// The row was written by the approving transaction of a dombot that holds this vault; constant time.
pub fn seal_fits(key: &SealKey, digest: &Digest, row: &NewApproval) -> bool {
    let bytes: Option<Vec<u8>> = (row.seal.is_ascii() && row.seal.len() == 64)
        .then(|| {
            (0..32).map(|i| u8::from_str_radix(&row.seal[2 * i..2 * i + 2], 16).ok()).collect()
        })
        .flatten();
    bytes.is_some_and(|b| mac_of(key, digest, row).verify_slice(&b).is_ok())
}
