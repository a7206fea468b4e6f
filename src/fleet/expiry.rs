//! Telling in time that the token of a cluster runs out.
//!
//! A token that somebody has put there is replaced by somebody, who has to hear of it; one that
//! hearth mints itself has no expiry here.

use crate::domain::Timestamp;

/// From when on it is said, and how often.
const NEAR_SECONDS: i64 = 7 * 86_400;
const AGAIN_SECONDS: i64 = 86_400;

#[derive(Debug, Default)]
pub(super) struct ExpiryWatch {
    /// When it was last said, and of which expiry.
    said: Option<(Timestamp, Timestamp)>,
}

impl ExpiryWatch {
    /// Seconds that are left (less than none: expired), when it is time to say so.
    pub(super) fn seconds_left(&mut self, now: Timestamp, expires: Option<Timestamp>) -> Option<i64> {
        let expires = expires?;
        let left = expires.seconds_since(now);
        let of_this = self.said.filter(|(_, of)| *of == expires);
        let said_lately = of_this.is_some_and(|(at, _)| now.seconds_since(at) < AGAIN_SECONDS);
        if left > NEAR_SECONDS || said_lately {
            return None;
        }
        self.said = Some((now, expires));
        Some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_a_week_before_once_a_day_and_anew_of_another_token() {
        let start = Timestamp(1_700_000_000_000_000);
        let at = |days: i64| start.plus_seconds(days * 86_400);
        let mut watch = ExpiryWatch::default();
        assert_eq!(watch.seconds_left(at(0), None), None);
        assert_eq!(watch.seconds_left(at(0), Some(at(8))), None);
        assert_eq!(watch.seconds_left(at(1), Some(at(8))), Some(7 * 86_400));
        assert_eq!(watch.seconds_left(at(1).plus_seconds(60), Some(at(8))), None);
        assert_eq!(watch.seconds_left(at(2), Some(at(8))), Some(6 * 86_400));
        assert_eq!(watch.seconds_left(at(2), Some(at(3))), Some(86_400));
        assert_eq!(watch.seconds_left(at(9), Some(at(3))), Some(-6 * 86_400));
        assert_eq!(watch.seconds_left(at(9), Some(at(400))), None);
        assert!(watch.seconds_left(at(9), Some(Timestamp(i64::MIN))).is_some_and(|left| left < 0));
    }
}
