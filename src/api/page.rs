//! From a query string to a `ListQuery`, and from a page back to its next link
//! (`cinder-behaviours` 3.1).

use serde::Serialize;

use super::columns::{self, Columns};
use super::links::{self, Links};
use super::query::Query;
use crate::domain::page::{Direction, Fields, Kind, MAX_LIMIT, Sort, default_sort, find};
use crate::domain::{Error, Microversion, Result};

/// Which stretch of a list, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    pub limit: u32,
    pub marker: Option<String>,
    pub offset: u64,
    pub sort: Vec<Sort>,
}

/// Parameters that are never filters.
pub const RESERVED: &[&str] = &["limit", "marker", "offset", "sort", "sort_key", "sort_dir"];

/// Reads limit, marker, offset and the order.
pub fn paging(query: &Query, fields: Fields) -> Result<Paging> {
    Ok(Paging {
        limit: limit(query)?,
        marker: marker(query),
        offset: offset(query)?,
        sort: sort(query, fields, columns::of(""))?,
    })
}

pub fn marker(query: &Query) -> Option<String> {
    query.first("marker").map(str::to_owned)
}

/// Limit and offset only, for lists that know no more.
pub fn stretch(query: &Query) -> Result<(u32, u64)> {
    Ok((limit(query)?, offset(query)?))
}

pub fn limit(query: &Query) -> Result<u32> {
    let Some(text) = query.first("limit") else { return Ok(MAX_LIMIT) };
    let value = integer(text).ok_or_else(|| Error::invalid("limit param must be an integer"))?;
    if value < 0 {
        return Err(Error::invalid("limit param must be positive"));
    }
    Ok(u32::try_from(value).unwrap_or(MAX_LIMIT).min(MAX_LIMIT))
}

fn offset(query: &Query) -> Result<u64> {
    let Some(text) = query.first("offset") else { return Ok(0) };
    let value = integer(text).ok_or_else(|| Error::invalid("offset must be an integer"))?;
    match value {
        ..0 => Err(Error::invalid("offset must be >= 0")),
        0..=2_147_483_647 => Ok(value.unsigned_abs()),
        _ => Err(Error::invalid("offset must be <= 2147483647")),
    }
}

/// As Python's `int()`: a sign and blanks around are fine. Saturates.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

/// The keys a list is to be sorted by, and the direction of each, as they were written: from
/// `sort`, or from the older `sort_key` and `sort_dir`.
pub fn sort_words<'q>(query: &'q Query, default_key: &'q str) -> Result<Vec<(&'q str, &'q str)>> {
    let (sort, key, direction) = (query.first("sort"), query.first("sort_key"), query.first("sort_dir"));
    match (sort, key, direction) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => Err(Error::invalid(
            "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the \
             'sort' parameter.",
        )),
        (Some(list), None, None) => {
            let words = list.trim().split(',').map(|item| {
                let (key, direction) = item.split_once(':').unwrap_or((item, ""));
                (key.trim(), if direction.is_empty() { "desc" } else { direction.trim() })
            });
            Ok(words.collect())
        }
        (None, key, direction) => {
            Ok(vec![(key.unwrap_or(default_key).trim(), direction.unwrap_or("desc").trim())])
        }
    }
}

/// Whether each direction is one, which is looked at before the keys are.
pub fn check_directions(query: &Query) -> Result<()> {
    sort_words(query, "created_at")?.iter().try_for_each(|(_, direction)| way(direction).map(|_| ()))
}

fn way(direction: &str) -> Result<Direction> {
    Direction::parse(direction).ok_or_else(|| {
        Error::invalid("Invalid input received: Unknown sort direction, must be 'desc' or 'asc'.")
    })
}

/// The order that is asked for; none where a key is no field. The store refuses that, once it has
/// found the marker.
pub fn sort(query: &Query, fields: Fields, columns: &Columns) -> Result<Vec<Sort>> {
    if !["sort", "sort_key", "sort_dir"].iter().any(|name| query.has(name)) {
        return Ok(default_sort().to_vec());
    }
    let words = sort_words(query, "created_at")?;
    let directions = words.iter().map(|(_, direction)| way(direction)).collect::<Result<Vec<Direction>>>()?;
    let direction = directions.first().copied().unwrap_or(Direction::Descending);
    let mut keys = Vec::new();
    for ((key, _), direction) in words.iter().zip(directions) {
        let field = find(fields, key).filter(|field| !matches!(field.kind, Kind::Map | Kind::Cluster));
        match field.filter(|_| columns.may_order_by(key)) {
            Some(field) => keys.push(Sort { field, direction }),
            // Equal everywhere, it orders nothing.
            None if columns.null.contains(key) => {}
            None => return Ok(Vec::new()),
        }
    }
    // The order must be total. Missing tie-breaks go the way of the first key.
    for tie_break in default_sort() {
        if !keys.iter().any(|sort| sort.field.name == tie_break.field.name) {
            keys.push(Sort { direction, ..tie_break });
        }
    }
    // Whatever follows the id cannot matter.
    if let Some(at) = keys.iter().position(|sort| sort.field.name == "id") {
        keys.truncate(at + 1);
    }
    Ok(keys)
}

/// Whether it is to be sorted by a certain key.
pub fn is_sorted_by(query: &Query, key: &str) -> bool {
    sort_words(query, "created_at").is_ok_and(|words| words.iter().any(|(word, _)| *word == key))
}

/// `with_count`, which is an ordinary parameter below 3.45.
pub fn with_count(query: &Query, version: Microversion) -> Result<bool> {
    if version.at_least(45) { query.boolean("with_count") } else { Ok(false) }
}

/// `"<collection>_links": [{"rel": "next", …}]`.
#[derive(Debug, Serialize)]
pub struct NextLink {
    rel: &'static str,
    href: String,
}

/// What decides whether a page has a next link.
#[derive(Debug)]
pub struct PageEnd<'a> {
    /// Path of the collection, e.g. `volumes/detail`.
    pub path: &'a str,
    /// Id of the last item; `None` for an empty page, which has no next link.
    pub last: Option<String>,
    pub items: usize,
    pub total: Option<u64>,
}

/// The link exists when the page is not empty and the limit is at most the number of items, or
/// the total where it was counted; so a full last page has one too, as clients know.
pub fn next_link(links: &Links, query: &Query, end: PageEnd<'_>) -> Option<[NextLink; 1]> {
    let last = end.last?;
    let limit = u64::from(limit(query).ok()?);
    if limit > end.total.filter(|total| *total > 0).unwrap_or(end.items as u64) {
        return None;
    }
    let kept = query.iter().filter(|(key, _)| *key != "marker");
    let pairs = links::urlencode(kept.chain([("marker", last.as_str())]));
    Some([NextLink { rel: "next", href: format!("{}?{pairs}", links.collection(end.path)) }])
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Uri};

    use super::*;
    use crate::domain::page::VOLUME_FIELDS;

    fn read(query: &str) -> Result<Paging> {
        let query = Query::parse(Some(query)).unwrap();
        Ok(Paging {
            sort: sort(&query, VOLUME_FIELDS, columns::of("volume"))?,
            ..paging(&query, VOLUME_FIELDS)?
        })
    }

    fn order(query: &str) -> Vec<(&'static str, Direction)> {
        read(query).unwrap().sort.iter().map(|sort| (sort.field.name, sort.direction)).collect()
    }

    #[test]
    fn limits_are_capped_and_checked() {
        assert_eq!(read("").unwrap().limit, 1000);
        assert_eq!(read("limit=0").unwrap().limit, 0);
        assert_eq!(read("limit=5000").unwrap().limit, 1000);
        assert_eq!(read("limit=99999999999999999999").unwrap().limit, 1000);
        assert_eq!(read("limit=-1").unwrap_err().message(), "limit param must be positive");
        for bad in ["x", "", "1.5", "0x1"] {
            let error = read(&format!("limit={bad}")).unwrap_err();
            assert_eq!(error.message(), "limit param must be an integer", "{bad}");
        }
        assert!(read("offset=-1").is_err());
        assert!(read("offset=x").is_err());
        assert!(read("offset=99999999999").is_err());
        assert_eq!(read("offset=7").unwrap().offset, 7);
    }

    #[test]
    fn orders_are_total() {
        use Direction::{Ascending as Asc, Descending as Desc};
        assert_eq!(order(""), [("created_at", Desc), ("id", Desc)]);
        assert_eq!(order("sort=name:asc"), [("name", Asc), ("created_at", Asc), ("id", Asc)]);
        assert_eq!(
            order("sort=size,display_name:asc"),
            [("size", Desc), ("name", Asc), ("created_at", Desc), ("id", Desc)]
        );
        assert_eq!(order("sort_key=id&sort_dir=asc"), [("id", Asc)]);
        assert_eq!(order("sort_dir=asc"), [("created_at", Asc), ("id", Asc)]);
        assert_eq!(order("sort=launched_at:asc"), [("created_at", Asc), ("id", Asc)]);
    }

    #[test]
    fn bad_orders_are_refused() {
        for bad in ["sort=name&sort_key=id", "sort=name:up", "sort_dir=x", "sort=nonsense,name:up"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        // Told later, by the store.
        for unknown in
            ["sort=nonsense", "sort_key=metadata", "sort=name,nonsense", "sort=", "sort=description"]
        {
            assert_eq!(order(unknown), [], "{unknown}");
        }
    }

    #[test]
    fn of_several_the_first_counts() {
        assert_eq!(read("limit=-1&limit=1").unwrap_err().message(), "limit param must be positive");
        let first = read("limit=1&limit=x&marker=a&marker=b&offset=2&offset=-1").unwrap();
        assert_eq!((first.limit, first.marker.as_deref(), first.offset), (1, Some("a"), 2));
        assert_eq!(order("sort=id:asc&sort=name:up"), [("id", Direction::Ascending)]);
    }

    fn next(query: &str, items: usize, total: Option<u64>) -> Option<String> {
        let query = Query::parse(Some(query)).unwrap();
        let links = Links::new(Some("http://h"), Default::default(), &Uri::default(), &HeaderMap::new());
        let last = (items > 0).then(|| "z".to_owned());
        next_link(&links, &query, PageEnd { path: "volumes/detail", last, items, total })
            .map(|[link]| link.href)
    }

    #[test]
    fn the_next_link_follows_cinders_rule() {
        assert_eq!(
            next("limit=2&marker=y&name=a%26b", 2, None).unwrap(),
            "http://h/v3/volumes/detail?limit=2&name=a%26b&marker=z"
        );
        assert_eq!(next("limit=3", 2, None), None);
        assert_eq!(next("", 999, None), None);
        assert!(next("", 1000, None).is_some());
        assert!(next("limit=3&with_count=true", 1, Some(9)).is_some());
        assert_eq!(next("limit=3&with_count=true", 2, Some(2)), None);
        assert_eq!(next("limit=0", 0, None), None);
    }
}
