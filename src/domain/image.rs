//! An image of the image service, as far as volumes concern it: what is asked of it before it
//! becomes a volume, and what the volume keeps of it.

use serde::Deserialize;

use super::size::GIB;
use super::{Bytes, Error, ErrorKind, Gib, ImageId, Metadata, Result};

/// What is only about the image's own bytes is not taken over into other images.
const RESERVED: [&str; 3] = ["os_glance", "img_signature", "signature_verified"];
/// What an image has by itself (`glance_core_properties`).
const CORE: [&str; 9] = [
    "checksum",
    "container_format",
    "disk_format",
    "image_name",
    "image_id",
    "min_disk",
    "min_ram",
    "name",
    "size",
];
/// Whether the signature of the image was looked at.
pub const SIGNATURE_VERIFIED: &str = "signature_verified";

/// One image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub id: ImageId,
    pub name: Option<String>,
    /// `active` when it can be read.
    pub status: String,
    /// Of the image as it is stored; `None` before anything has been.
    pub size: Option<Bytes>,
    /// Of the disk in it, where the image service knows.
    pub virtual_size: Option<Bytes>,
    pub disk_format: Option<String>,
    pub container_format: Option<String>,
    /// MD5.
    pub checksum: Option<String>,
    pub os_hash_algo: Option<String>,
    pub os_hash_value: Option<String>,
    pub min_disk: u64,
    pub min_ram: u64,
    pub visibility: Option<String>,
    pub protected: Option<bool>,
    /// Whatever else it says of itself.
    pub properties: Metadata,
}

/// What a new image is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImage {
    pub name: String,
    pub disk_format: String,
    pub container_format: String,
    /// From microversion 3.1 on.
    pub visibility: Option<String>,
    pub protected: Option<bool>,
    pub properties: Metadata,
}

/// The snapshot that an image stands for which Nova made of a server that boots from a volume.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BootSnapshot {
    pub snapshot_id: String,
    #[serde(default)]
    pub volume_size: Option<u64>,
}

/// What the image service knows of a reference to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Image(Box<Image>),
    /// In Cinder's words; told when it is the image's turn to be judged.
    Refused(ErrorKind, String),
}

impl Image {
    /// May a volume of this size be made of it?
    ///
    /// # Errors
    /// `Invalid`, in Cinder's words.
    pub fn check(&self, size: Gib) -> Result<()> {
        let wrong = |what: String| Err(Error::invalid(format!("Invalid input received: {what}")));
        if self.status != "active" {
            return wrong(format!("Image {} is not active.", self.id));
        }
        let Some(stored) = self.size else {
            // Upstream fails over it.
            return wrong(format!("Image {} has no size.", self.id));
        };
        let stored = stored.to_gib_ceil();
        if stored > size {
            return wrong(format!("Size of specified image {stored}GB is larger than volume size {size}GB."));
        }
        if u64::from(size.0) < self.min_disk {
            return wrong(format!(
                "Volume size {size}GB cannot be smaller than the image minDisk size {}GB.",
                self.min_disk
            ));
        }
        self.virtual_size.map_or(Ok(()), |inside| self.check_virtual_size(inside, size))
    }

    /// # Errors
    /// `Invalid` for a disk that does not fit.
    pub fn check_virtual_size(&self, inside: Bytes, size: Gib) -> Result<()> {
        let needed = inside.0.div_ceil(GIB);
        if needed <= u64::from(size.0) {
            return Ok(());
        }
        Err(self.unacceptable(&format!(
            "Image virtual size is {needed}GB and doesn't fit in a volume of size {size}GB."
        )))
    }

    /// Cinder's sentence about an image that it will not read.
    pub fn unacceptable(&self, why: &str) -> Error {
        Error::invalid(format!("Image {} is unacceptable: {why}", self.id))
    }

    /// What a volume that is made of it keeps.
    pub fn volume_metadata(&self) -> Metadata {
        let mut kept = self.properties.clone();
        let number = |bytes: Bytes| bytes.0.to_string();
        let own = [
            ("image_id", Some(self.id.to_string())),
            ("image_name", self.name.clone().filter(|name| !name.is_empty())),
            ("checksum", self.checksum.clone()),
            ("container_format", self.container_format.clone()),
            ("disk_format", self.disk_format.clone()),
            ("min_disk", Some(self.min_disk.to_string())),
            ("min_ram", Some(self.min_ram.to_string())),
            ("size", self.size.map(number)),
        ];
        kept.extend(own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        kept
    }

    /// The type of volumes that are made of it, where it names one.
    pub fn volume_type(&self) -> Option<&str> {
        self.properties.get("cinder_img_volume_type").map(String::as_str).filter(|name| !name.is_empty())
    }

    /// Whether somebody has signed it.
    pub fn is_signed(&self) -> bool {
        self.properties.keys().any(|key| {
            matches!(
                key.as_str(),
                "img_signature"
                    | "img_signature_hash_method"
                    | "img_signature_certificate_uuid"
                    | "img_signature_key_type"
            )
        })
    }

    /// Of what Nova writes down about the disks of a server, the one that it boots from.
    pub fn boot_snapshot(&self) -> Option<BootSnapshot> {
        #[derive(Deserialize)]
        struct Mapping {
            source_type: Option<String>,
            boot_index: Option<i64>,
            #[serde(flatten)]
            snapshot: serde_json::Value,
        }
        let text = self.properties.get("block_device_mapping")?;
        let mappings: Vec<Mapping> = serde_json::from_str(text).ok()?;
        let boots = |mapping: &Mapping| {
            mapping.source_type.as_deref() == Some("snapshot") && mapping.boot_index == Some(0)
        };
        serde_json::from_value(mappings.into_iter().find(boots)?.snapshot).ok()
    }
}

/// What an image of a volume takes over of the image that the volume was made of.
pub fn inherited_properties(volume: &Metadata) -> Metadata {
    let is_own = |key: &str| {
        // Fields that a new image is given by name.
        CORE.contains(&key) || matches!(key, "visibility" | "protected")
    };
    let is_reserved = |key: &str| RESERVED.iter().any(|space| key.starts_with(space));
    let kept = volume.iter().filter(|(key, _)| !is_own(key) && !is_reserved(key));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        Image {
            id: ImageId::from_uuid(uuid::Uuid::from_u128(7)),
            name: Some("debian".to_owned()),
            status: "active".to_owned(),
            size: Some(Bytes(GIB)),
            virtual_size: None,
            disk_format: Some("raw".to_owned()),
            container_format: Some("bare".to_owned()),
            checksum: Some("abc".to_owned()),
            os_hash_algo: None,
            os_hash_value: None,
            min_disk: 0,
            min_ram: 0,
            visibility: None,
            protected: None,
            properties: Metadata::from([("os_distro".to_owned(), "debian".to_owned())]),
        }
    }

    #[test]
    fn an_image_must_fit_into_the_volume() {
        let told = |image: &Image| {
            let error = image.check(Gib(1)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            error.message().to_owned()
        };
        let id = image().id;
        assert!(image().check(Gib(1)).is_ok());
        let queued = Image { status: "queued".to_owned(), ..image() };
        assert_eq!(told(&queued), format!("Invalid input received: Image {id} is not active."));
        assert_eq!(
            told(&Image { size: Some(Bytes(GIB + 1)), ..image() }),
            "Invalid input received: Size of specified image 2GB is larger than volume size 1GB."
        );
        assert_eq!(
            told(&Image { min_disk: 5, ..image() }),
            "Invalid input received: Volume size 1GB cannot be smaller than the image minDisk size 5GB."
        );
        assert_eq!(
            told(&Image { virtual_size: Some(Bytes(GIB + 1)), ..image() }),
            format!(
                "Image {id} is unacceptable: Image virtual size is 2GB and doesn't fit in a volume of size 1GB."
            )
        );
        assert!(told(&Image { virtual_size: Some(Bytes(u64::MAX)), ..image() }).contains("doesn't fit"));
        assert!(Image { size: Some(Bytes(0)), ..image() }.check(Gib(1)).is_ok());
        assert!(Image { size: None, ..image() }.check(Gib(1)).is_err());
    }

    #[test]
    fn a_volume_keeps_what_cinder_keeps() {
        let kept: Vec<_> = image().volume_metadata().into_iter().collect();
        let id = image().id.to_string();
        let expected = [
            ("checksum", "abc"),
            ("container_format", "bare"),
            ("disk_format", "raw"),
            ("image_id", &id),
            ("image_name", "debian"),
            ("min_disk", "0"),
            ("min_ram", "0"),
            ("os_distro", "debian"),
            ("size", "1073741824"),
        ];
        assert_eq!(kept, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        let inherited = inherited_properties(&image().volume_metadata());
        assert_eq!(inherited, image().properties);
        let signed = Metadata::from([("img_signature_x".to_owned(), "s".to_owned())]);
        assert_eq!(inherited_properties(&signed), Metadata::new());
    }

    #[test]
    fn novas_images_stand_for_snapshots() {
        let of = |text: &str| {
            let properties = Metadata::from([("block_device_mapping".to_owned(), text.to_owned())]);
            Image { properties, ..image() }.boot_snapshot()
        };
        let good = r#"[{"source_type": "blank"}, {"source_type": "snapshot", "boot_index": 0, "snapshot_id": "s", "volume_size": 3}]"#;
        assert_eq!(of(good), Some(BootSnapshot { snapshot_id: "s".to_owned(), volume_size: Some(3) }));
        for none in ["", "[]", "{}", "[7]", r#"[{"source_type": "snapshot", "boot_index": 1}]"#] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
