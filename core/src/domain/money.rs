//! Money in minor units, and years of registration.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// ISO 4217 code, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Text that is not an amount, a currency or a number of years.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not money: {0}")]
pub struct MoneyError(String);

impl Currency {
    /// Digits after the decimal point (ISO 4217 minor unit).
    pub fn digits(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" | b"CLP" | b"ISK" => 0,
            b"BHD" | b"KWD" | b"TND" | b"JOD" | b"OMR" => 3,
            _ => 2,
        }
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(s: &str) -> Result<Self, MoneyError> {
        let bytes: [u8; 3] = s.as_bytes().try_into().map_err(|_| MoneyError(s.to_owned()))?;
        if bytes.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(bytes))
        } else {
            Err(MoneyError(s.to_owned()))
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(s: String) -> Result<Self, MoneyError> {
        s.parse()
    }
}

impl From<Currency> for String {
    fn from(c: Currency) -> Self {
        c.as_str().to_owned()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount of one currency. In JSON: `{"amount": "98.00", "currency": "PLN"}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawMoney", into = "RawMoney")]
pub struct Money {
    /// In the smallest unit: grosz, cent.
    pub minor: i64,
    /// Of what.
    pub currency: Currency,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Money")]
struct RawMoney {
    amount: String,
    currency: String,
}

impl Money {
    /// From minor units.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// `amount` as "98.00" (dot, exactly the currency's digits or none), `currency` as "PLN".
    pub fn parse(amount: &str, currency: &str) -> Result<Self, MoneyError> {
        let currency: Currency = currency.parse()?;
        let bad = || MoneyError(amount.to_owned());
        let (sign, digits) = amount.strip_prefix('-').map_or((1, amount), |rest| (-1, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let places = currency.digits() as usize;
        let well_formed = !whole.is_empty()
            && whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit())
            && part.len() <= places
            && digits.contains('.') != part.is_empty();
        if !well_formed {
            return Err(bad());
        }
        let minor: i64 = format!("{whole}{part:0<places$}").parse().map_err(|_| bad())?;
        Ok(Self { minor: sign * minor, currency })
    }

    /// "98.00".
    pub fn amount(&self) -> String {
        let places = self.currency.digits() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
    }

    /// Sum or difference; `None` when the currencies differ or it overflows.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_sub(other.minor))?
            .map(|minor| Self { minor, currency: self.currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency.as_str())
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<RawMoney> for Money {
    type Error = MoneyError;
    fn try_from(raw: RawMoney) -> Result<Self, MoneyError> {
        Self::parse(&raw.amount, &raw.currency)
    }
}

impl From<Money> for RawMoney {
    fn from(m: Money) -> Self {
        Self { amount: m.amount(), currency: m.currency.into() }
    }
}

impl JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }
    fn json_schema(g: &mut schemars::SchemaGenerator) -> schemars::Schema {
        RawMoney::json_schema(g)
    }
}

/// How long to register or renew: 1 to 10 years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Years(u8);

impl Years {
    /// One year.
    pub const ONE: Self = Self(1);

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Years {
    type Error = MoneyError;
    fn try_from(n: u8) -> Result<Self, MoneyError> {
        if (1..=10).contains(&n) { Ok(Self(n)) } else { Err(MoneyError(format!("{n} years"))) }
    }
}

impl From<Years> for u8 {
    fn from(y: Years) -> Self {
        y.0
    }
}

impl JsonSchema for Years {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Years".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "integer", "minimum": 1, "maximum": 10})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        for (text, minor) in
            [("98.00", 9800), ("0.05", 5), ("-1.50", -150), ("7", 700), ("1.5", 150)]
        {
            assert_eq!(Money::parse(text, "PLN").unwrap().minor, minor, "{text}");
        }
        for text in ["", ".", "1.", ".5", "1.005", "1,5", "1e3", "--1", "+1", "9999999999999999999"]
        {
            assert!(Money::parse(text, "PLN").is_err(), "{text}");
        }
        assert_eq!(Money::parse("500", "JPY").unwrap().to_string(), "500 JPY");
        assert_eq!(Money::parse("-0.05", "EUR").unwrap().to_string(), "-0.05 EUR");
        assert!(Money::parse("1.00", "pln").is_err());
    }

    #[test]
    fn years_have_bounds() {
        assert!(serde_json::from_str::<Years>("0").is_err());
        assert!(serde_json::from_str::<Years>("11").is_err());
        assert_eq!(serde_json::from_str::<Years>("10").unwrap().get(), 10);
    }
}
