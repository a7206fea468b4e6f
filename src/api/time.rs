//! Cinder's spelling of a time, written without an allocation: a detailed page has thousands.

use chrono::{Datelike, Timelike};
use serde::{Serialize, Serializer};

use crate::domain::Timestamp;

/// Serialises as `YYYY-MM-DDTHH:MM:SS[.ffffff]`, UTC without a zone (`cinder-behaviours` 4).
#[derive(Debug, Clone, Copy)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = *b"0000-00-00T00:00:00.000000";
        let time = self.0.to_utc();
        let micros = time.nanosecond() / 1000;
        let (Ok(year @ 0..=9999), false) = (u32::try_from(time.year()), micros > 999_999) else {
            // Years of five digits and leap seconds take the long way.
            return serializer.serialize_str(&self.0.to_cinder());
        };
        for (at, digits, value) in [
            (0, 4, year),
            (5, 2, time.month()),
            (8, 2, time.day()),
            (11, 2, time.hour()),
            (14, 2, time.minute()),
            (17, 2, time.second()),
            (20, 6, micros),
        ] {
            put(&mut text[at..at + digits], value);
        }
        let end = if micros == 0 { 19 } else { 26 };
        match std::str::from_utf8(&text[..end]) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.serialize_str(&self.0.to_cinder()),
        }
    }
}

fn put(digits: &mut [u8], mut value: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_slow_way() {
        for micros in [
            0,
            1,
            999_999,
            1_700_000_000_000_000,
            1_700_000_000_000_042,
            951_782_399_123_456,
            -1,
            -62_135_596_800_000_000,
            253_402_300_799_999_999,
            253_402_300_800_000_000,
        ] {
            let time = Timestamp(micros);
            assert_eq!(serde_json::to_value(Time(time)).unwrap(), time.to_cinder(), "{micros}");
        }
    }
}
