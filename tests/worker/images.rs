//! Images become volumes, volumes become images, whatever Glance does and whatever process dies.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use hearth::domain::image::{Found, NewImage};
use hearth::domain::status::VolumeStatus;
use hearth::domain::volume::{DeleteMode, NewVolume, Volume};
use hearth::domain::{Gib, ImageId, Metadata};
use hearth::image::{Settings, Signatures};
use hearth::service::volumes::{Force, ReservedVolume};
use serde_json::{Value, json};

use crate::devices::Devices;
use crate::fake_glance::{FakeGlance, Sending, settings};
use crate::lab::{Lab, ctx, eventually};

const MIB: usize = 1 << 20;

struct Studio {
    lab: Lab,
    glance: FakeGlance,
    devices: Devices,
}

impl Studio {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: Settings) -> Self {
        let mut lab = Lab::new(1);
        let glance = lab.block_on(FakeGlance::start());
        let devices = Devices::new();
        lab.data_path = Some(devices.data_path());
        lab.images = Some(glance.client(settings));
        lab.kill_and_restart();
        Self { lab, glance, devices }
    }

    fn of(&self, image: ImageId) -> Volume {
        let found = self.found(&image.to_string());
        self.lab.create(NewVolume {
            size: Some(Gib(1)),
            image_ref: Some(image.to_string()),
            image: found,
            ..NewVolume::default()
        })
    }

    fn found(&self, reference: &str) -> Option<Found> {
        let life = self.lab.life();
        life.runtime.block_on(life.services.find_image(&ctx(), "user-token", reference))
    }

    /// What is on the volume.
    fn bytes(&self, volume: &Volume, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.disk(volume).read_exact_at(&mut bytes, 0).unwrap();
        bytes
    }

    fn disk(&self, volume: &Volume) -> File {
        let uuid = volume.location.as_ref().unwrap().uuid.unwrap();
        File::options().read(true).write(true).open(self.devices.file(uuid)).unwrap()
    }

    /// The volume fails with these words, and nobody stays connected to it.
    #[track_caller]
    fn fails(&self, image: ImageId, told: &str) -> Volume {
        let volume = self.lab.when(&self.of(image), "error");
        let messages = self.lab.messages();
        assert!(messages.iter().any(|message| message.contains(told)), "{told}: {messages:?}");
        assert_eq!((volume.bootable, &volume.image_metadata), (false, &Metadata::new()));
        self.nobody_is_connected();
        volume
    }

    #[track_caller]
    fn nobody_is_connected(&self) {
        assert!(self.devices.wishes().is_empty());
        for volume in self.lab.truth(0)["volumes"].as_array().unwrap() {
            let acl = volume["acl"].to_string();
            assert!(!acl.contains("hearth"), "{acl}");
        }
    }

    fn ends_well(&self, image: ImageId, data: &[u8]) -> Volume {
        let volume = self.lab.when(&self.of(image), "available");
        assert!(self.bytes(&volume, data.len()) == data, "other bytes");
        assert!(volume.bootable);
        self.nobody_is_connected();
        volume
    }
}

/// Holes, data, and an end that is no multiple of anything.
fn data() -> Vec<u8> {
    let mut data = vec![0; 5 * MIB + 777];
    data[..4096].fill(7);
    data[MIB + 70_000..MIB + 90_000].fill(9);
    for (at, byte) in data[3 * MIB..4 * MIB].iter_mut().enumerate() {
        *byte = u8::try_from(at % 251).unwrap();
    }
    *data.last_mut().unwrap() = 1;
    data
}

#[test]
fn a_raw_image_becomes_a_volume() {
    let studio = Studio::new();
    let properties = json!({"os_distro": "debian", "hw_disk_bus": "scsi", "min_ram": 64});
    let image = studio.glance.keeps(data(), properties);
    let volume = studio.ends_well(image, &data());
    let id = image.to_string();
    let kept = |key: &str| volume.image_metadata.get(key).map(String::as_str);
    for (key, value) in [
        ("image_id", id.as_str()),
        ("image_name", "an image"),
        ("os_distro", "debian"),
        ("hw_disk_bus", "scsi"),
        ("min_ram", "64"),
        ("min_disk", "0"),
        ("container_format", "bare"),
        ("disk_format", "raw"),
        ("size", &data().len().to_string()),
        ("signature_verified", "False"),
    ] {
        assert_eq!(kept(key), Some(value), "{key}");
    }
    assert_eq!(kept("checksum").map(str::len), Some(32));
    assert_eq!((kept("owner"), kept("tags"), kept("status"), kept("file")), (None, None, None, None));
    // What is made of it takes that over.
    let clone =
        studio.lab.create(NewVolume { source_volid: Some(volume.id.to_string()), ..NewVolume::default() });
    let clone = studio.lab.when(&clone, "available");
    assert_eq!((clone.bootable, clone.image_metadata), (true, volume.image_metadata));
    assert_eq!(studio.glance.downloads(), 1);
}

#[test]
fn images_are_found_by_id_url_and_name() {
    let studio = Studio::new();
    let image = studio.glance.keeps(data(), json!({"name": "debian"}));
    for _ in 0..2 {
        studio.glance.keeps(data(), json!({"name": "twice"}));
    }
    for reference in [image.to_string(), format!("http://glance/v2/images/{image}"), "debian".to_owned()] {
        let Some(Found::Image(found)) = studio.found(&reference) else { panic!("{reference}") };
        assert_eq!(found.id, image);
    }
    for (reference, told) in [
        ("twice", "Multiple matches found for 'twice', use an ID to be more specific."),
        ("none", "Invalid image identifier or unable to access requested image."),
        (&ImageId::random().to_string(), "Invalid image identifier or unable to access requested image."),
    ] {
        let Some(Found::Refused(_, said)) = studio.found(reference) else { panic!("{reference}") };
        assert_eq!(said, told);
    }
    for (status, body) in [(200, "nonsense"), (200, "{}"), (500, ""), (403, "no"), (302, "")] {
        studio.glance.set(|facts| facts.answers = Some((status, body.to_owned())));
        assert!(matches!(studio.found(&image.to_string()), Some(Found::Refused(..))), "{status} {body}");
    }
}

#[test]
fn a_copy_that_is_broken_off_is_begun_again() {
    let studio = Studio::new();
    for sending in [
        Sending::BreaksAfter(2 * MIB),
        Sending::SilentAfter(MIB + 5),
        Sending::EndsAfter(4 * MIB),
        Sending::Answers(503, "busy".to_owned()),
    ] {
        studio.glance.set(|facts| facts.sending = vec![sending, Sending::BreaksAfter(10)]);
        let image = studio.glance.keeps(data(), json!({}));
        studio.ends_well(image, &data());
    }
}

#[test]
fn what_cannot_be_read_ends_in_error() {
    let studio = Studio::new();
    let keeps = |change| studio.glance.keeps(data(), change);
    let wrong = json!({"os_hash_value": "00".repeat(64)});
    studio.fails(keeps(wrong), "Corrupt image download");
    let old = json!({"os_hash_algo": null, "os_hash_value": null, "checksum": "00".repeat(16)});
    studio.fails(keeps(old), "Corrupt image download");
    let unknown = json!({"os_hash_algo": "blake9"});
    studio.ends_well(keeps(unknown), &data());
    for (format, told) in [
        ("qcow2", "claimed to be 'qcow2' but the image data appears to be in a different format"),
        ("vmdk", "qemu-img is not installed"),
        ("vhd", "qemu-img is not installed"),
    ] {
        studio.fails(keeps(json!({"disk_format": format})), told);
    }
    studio.fails(keeps(json!({"container_format": "compressed"})), "compress");
    for magic in [&b"QFI\xfb"[..], b"KDMV", b"conectix", b"vhdxfile"] {
        let mut disguised = data();
        disguised[..magic.len()].copy_from_slice(magic);
        let image = studio.glance.keeps(disguised, json!({}));
        let volume = studio.fails(image, "claimed to be 'raw' but the image data");
        assert_eq!(studio.bytes(&volume, 512), vec![0; 512], "nothing of it was written");
    }
    studio.fails(studio.glance.keeps(Vec::new(), json!({})), "image contains no data");
    let signed = json!({"img_signature": "x", "img_signature_hash_method": "SHA-256"});
    studio.fails(keeps(signed), "Image signature verification failed.");
    studio.glance.set(|facts| facts.sending = vec![Sending::Longer(100)]);
    studio.fails(keeps(json!({})), "exceeds available space");
    for status in [403, 404, 410] {
        studio.glance.set(|facts| facts.sending = vec![Sending::Answers(status, "no".to_owned())]);
        studio.fails(keeps(json!({})), "copy image to volume:");
    }
    studio.glance.set(|facts| facts.sending = vec![Sending::BreaksAfter(9); 9]);
    studio.fails(keeps(json!({})), "The image service is not available.");
}

#[test]
fn an_image_that_has_changed_since_it_was_asked_for() {
    let studio = Studio::new();
    let image = studio.glance.keeps(data(), json!({}));
    // The create is held up until the image is another.
    studio.lab.fault("create_volume", &json!({"kind": "delay", "ms": 200}));
    let volume = studio.of(image);
    studio
        .glance
        .set(|facts| facts.images.get_mut(&image.to_string()).unwrap()["status"] = json!("deactivated"));
    studio.lab.when(&volume, "error");
    assert!(
        studio.lab.messages().iter().any(|told| told.contains("is not active")),
        "{:?}",
        studio.lab.messages()
    );
}

#[test]
fn glance_dies_in_the_middle_and_comes_back() {
    let studio = Studio::with(Settings { retries: 50, ..settings() });
    let image = studio.glance.keeps(data(), json!({}));
    studio.glance.set(|facts| facts.sending = vec![Sending::SilentAfter(3 * MIB)]);
    let volume = studio.of(image);
    studio.lab.when(&volume, "downloading");
    eventually("the download", || (studio.glance.downloads() > 0).then_some(()));
    studio.glance.stop();
    std::thread::sleep(Duration::from_millis(700));
    studio.lab.block_on(studio.glance.come_back());
    let volume = studio.lab.when(&volume, "available");
    assert!(studio.bytes(&volume, data().len()) == data());
}

#[test]
fn another_process_takes_the_copy_over() {
    let mut studio = Studio::with(Settings { patience: Duration::from_secs(60), ..settings() });
    let image = studio.glance.keeps(data(), json!({}));
    studio.glance.set(|facts| facts.sending = vec![Sending::SilentAfter(4 * MIB)]);
    let volume = studio.of(image);
    eventually("the download", || (studio.glance.downloads() > 0).then_some(()));
    studio.lab.kill();
    studio.lab.restart();
    let volume = studio.lab.when(&volume, "available");
    assert!(studio.bytes(&volume, data().len()) == data());
    assert_eq!(studio.glance.downloads(), 2);
    studio.nobody_is_connected();
}

/// What a copy that was broken off has left is gone, also where the image has only zeroes.
#[test]
fn a_second_copy_does_not_trust_the_first() {
    let mut studio = Studio::with(Settings { patience: Duration::from_secs(60), ..settings() });
    let image = studio.glance.keeps(data(), json!({}));
    studio.glance.set(|facts| facts.sending = vec![Sending::SilentAfter(10)]);
    let volume = studio.lab.when(&studio.of(image), "downloading");
    eventually("the download", || (studio.glance.downloads() > 0).then_some(()));
    studio.lab.kill();
    studio.disk(&volume).write_all_at(&[0xee; 100], (2 * MIB) as u64).unwrap();
    studio.disk(&volume).write_all_at(&[0xee; 100], (100 * MIB) as u64).unwrap();
    studio.lab.restart();
    let volume = studio.lab.when(&volume, "available");
    assert!(studio.bytes(&volume, data().len()) == data());
    let mut tail = [1; 100];
    studio.disk(&volume).read_exact_at(&mut tail, (100 * MIB) as u64).unwrap();
    assert_eq!(tail, [0; 100]);
}

#[test]
fn a_volume_that_is_deleted_while_it_is_filled_goes() {
    let studio = Studio::with(Settings { patience: Duration::from_secs(60), ..settings() });
    let image = studio.glance.keeps(data(), json!({}));
    studio.glance.set(|facts| facts.sending = vec![Sending::SilentAfter(4 * MIB)]);
    let volume = studio.of(image);
    eventually("the download", || (studio.glance.downloads() > 0).then_some(()));
    studio.lab.delete_as(&volume, DeleteMode { force: true, ..DeleteMode::default() });
    studio.lab.when_gone(&volume);
    studio.nobody_is_connected();
}

#[test]
fn signatures_may_be_ignored() {
    let studio = Studio::with(Settings { signatures: Signatures::Ignored, ..settings() });
    let image = studio.glance.keeps(data(), json!({"img_signature": "x"}));
    let volume = studio.ends_well(image, &data());
    assert_eq!(volume.image_metadata.get("signature_verified"), None);
}

#[test]
fn an_image_may_name_the_type_of_its_volumes() {
    let studio = Studio::new();
    let named = studio.lab.volume_type(&[]);
    let image = studio.glance.keeps(data(), json!({"cinder_img_volume_type": named.name}));
    assert_eq!(studio.of(image).volume_type_id, Some(named.id));
}

/// A qcow2 of this disk.
fn qcow2(disk: &[u8], size: u64) -> Vec<u8> {
    use imago::qcow2::Qcow2;
    use imago::{DenyImplicitOpenGate, FormatAccess, FormatCreateBuilder as _, FormatDriverBuilder as _};
    let file = tempfile::tempfile().unwrap();
    let copy = file.try_clone().unwrap();
    futures::executor::block_on(async {
        let storage = imago::file::File::try_from(copy).unwrap();
        let image = Qcow2::<imago::file::File>::create_builder(storage)
            .size(size)
            .create_open(DenyImplicitOpenGate::default(), |storage| {
                Ok(Qcow2::<imago::file::File>::builder(storage).write(true))
            })
            .await
            .unwrap();
        let image = FormatAccess::new(image);
        for (chunk, at) in disk.chunks(65_536).zip((0_u64..).step_by(65_536)) {
            if chunk.iter().any(|byte| *byte != 0) {
                image.write(chunk, at).await.unwrap();
            }
        }
        image.flush().await.unwrap();
    });
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

#[test]
fn a_qcow2_becomes_a_volume() {
    let studio = Studio::new();
    let packed = qcow2(&data(), 1 << 30);
    assert!(packed.len() < 4 * MIB, "{}", packed.len());
    let image = studio.glance.keeps(packed, json!({"disk_format": "qcow2"}));
    studio.glance.set(|facts| facts.sending = vec![Sending::BreaksAfter(MIB)]);
    studio.ends_well(image, &data());
}

#[test]
fn a_qcow2_that_is_not_whole_or_does_not_fit_is_refused() {
    let studio = Studio::new();
    let keeps = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut packed = qcow2(&data(), 1 << 30);
        change(&mut packed);
        studio.glance.keeps(packed, json!({"disk_format": "qcow2"}))
    };
    studio.fails(keeps(&|packed| packed[15] = 8), "backing file");
    studio.fails(keeps(&|packed| packed[79] |= 4), "data file");
    studio.fails(keeps(&|packed| packed[78] = 0x80), "unknown features");
    let big = studio.glance.keeps(qcow2(&[], 2 << 30), json!({"disk_format": "qcow2"}));
    studio.fails(big, "Image virtual size is 2GB and doesn't fit in a volume of size 1GB.");
    // Broken tables are an image that cannot be read, and no more than that.
    for at in [0x28, 0x30, 0x1_0000, 0x2_0000, 0x3_0000] {
        let image = keeps(&|packed| {
            let end = packed.len().min(at + 64);
            packed[at.min(end)..end].fill(0xff);
        });
        let volume = studio.of(image);
        eventually("an end", || {
            let row = studio.lab.life().row(&volume)?;
            matches!(row.status, VolumeStatus::Error | VolumeStatus::Available).then_some(())
        });
    }
    studio.nobody_is_connected();
}

fn new_image(change: impl Fn(&mut NewImage)) -> NewImage {
    let mut new = NewImage {
        name: "of a volume".to_owned(),
        disk_format: "raw".to_owned(),
        container_format: "bare".to_owned(),
        visibility: Some("private".to_owned()),
        protected: Some(false),
        properties: Metadata::new(),
    };
    change(&mut new);
    new
}

impl Studio {
    fn upload(&self, volume: &Volume, new: NewImage) -> ImageId {
        let (life, ctx, id) = (self.lab.life(), ctx(), volume.id.to_string());
        let upload = life.services.upload_volume(&ctx, "user-token", &id, new, Force::No);
        life.runtime.block_on(upload).unwrap().image.id
    }

    fn filled(&self) -> Volume {
        let volume = self.lab.volume(1);
        self.disk(&volume).write_all_at(&data(), 0).unwrap();
        volume
    }

    /// As after a create from an image.
    fn keep(&self, volume: &Volume, metadata: Metadata) {
        let (life, id, metadata) = (self.lab.life(), volume.id, &metadata);
        let write = life.store.write("test", |tx, _| {
            Box::pin(async move {
                let mut row = tx.volume(id).await?.unwrap();
                row.image_metadata.clone_from(metadata);
                tx.update_volume(&row).await
            })
        });
        life.runtime.block_on(write).unwrap();
    }

    fn status(&self, image: ImageId) -> Option<Value> {
        self.glance.image(image).map(|image| image["status"].clone())
    }
}

#[test]
fn a_volume_becomes_an_image() {
    let studio = Studio::with(Settings { patience: Duration::from_secs(20), ..settings() });
    let volume = studio.filled();
    let metadata =
        [("os_distro", "debian"), ("image_id", "x"), ("signature_verified", "False"), ("min_ram", "5")];
    let metadata: Metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    studio.keep(&volume, metadata);
    let image = studio.upload(&volume, new_image(|_| ()));
    let created = studio.glance.set(|facts| facts.created.clone());
    assert_eq!(
        created,
        [json!({"name": "of a volume", "disk_format": "raw", "container_format": "bare",
            "visibility": "private", "protected": false, "os_distro": "debian"})]
    );
    studio.lab.when(&volume, "available");
    assert_eq!(studio.status(image), Some(json!("active")));
    let sent = studio.glance.data(image).unwrap();
    assert!(sent[..data().len()] == data() && sent[data().len()..].iter().all(|byte| *byte == 0));
    assert_eq!(studio.glance.image(image).unwrap()["size"], 1_u64 << 30);
    studio.nobody_is_connected();
}

#[test]
fn an_upload_that_fails_leaves_no_image_and_a_free_volume() {
    let studio = Studio::with(Settings { patience: Duration::from_secs(20), ..settings() });
    let volume = studio.filled();
    // What nobody here can write.
    let image = studio.upload(&volume, new_image(|new| "vmdk".clone_into(&mut new.disk_format)));
    let freed = studio.lab.when(&volume, "available");
    assert_eq!(studio.status(image), None, "{freed:?}");
    let told = "copy volume to image:Failed to upload volume to image at backend.";
    assert_eq!(studio.lab.messages(), [told]);
    // What Glance breaks off again and again.
    studio.glance.set(|facts| facts.upload_breaks = vec![MIB; 9]);
    let image = studio.upload(&volume, new_image(|_| ()));
    studio.lab.when(&volume, "available");
    assert_eq!((studio.status(image), studio.lab.messages().len()), (None, 2));
    // What Glance will not have at all: the volume was never away.
    studio.glance.set(|facts| facts.answers = Some((403, "You may not.".to_owned())));
    let (life, ctx, id) = (studio.lab.life(), ctx(), volume.id.to_string());
    let refused = life.services.upload_volume(&ctx, "user-token", &id, new_image(|_| ()), Force::No);
    let error = life.runtime.block_on(refused).unwrap_err();
    assert_eq!(error.message(), "HTTP You may not.");
    assert_eq!(studio.lab.when(&volume, "available").previous_status, None);
    studio.nobody_is_connected();
    studio.lab.poll();
    studio.lab.settle();
}

#[test]
fn an_upload_goes_on_in_another_process() {
    let mut studio = Studio::with(Settings { patience: Duration::from_secs(20), ..settings() });
    let volume = studio.filled();
    studio.glance.set(|facts| facts.upload_breaks = vec![3 * MIB]);
    let image = studio.upload(&volume, new_image(|_| ()));
    let began =
        |studio: &Studio| studio.glance.set(|facts| facts.asked.iter().any(|(method, ..)| method == "PUT"));
    eventually("the upload", || began(&studio).then_some(()));
    studio.lab.kill_and_restart();
    studio.lab.when(&volume, "available");
    assert_eq!(studio.status(image), Some(json!("active")));
    assert!(studio.glance.data(image).unwrap()[..data().len()] == data());
    studio.nobody_is_connected();
}

impl Studio {
    fn reimage(&self, volume: &Volume, image: ImageId) {
        let (life, ctx, id) = (self.lab.life(), ctx(), volume.id.to_string());
        let reimage = life.services.reimage_volume(&ctx, "user-token", &id, image, ReservedVolume::Refused);
        life.runtime.block_on(reimage).unwrap();
    }
}

#[test]
fn an_image_is_written_over_a_volume_and_nothing_of_the_old_is_left() {
    let studio = Studio::new();
    let volume = studio.lab.volume(1);
    for at in [0, 2 * MIB, 6 * MIB, 900 * MIB] {
        studio.disk(&volume).write_all_at(&[0xee; 8192], at as u64).unwrap();
    }
    let image = studio.glance.keeps(data(), json!({"os_distro": "debian"}));
    studio.reimage(&volume, image);
    let written = studio.lab.when(&volume, "available");
    assert!(studio.bytes(&written, data().len()) == data());
    let mut rest = vec![1; 8192];
    for at in [6 * MIB, 900 * MIB] {
        studio.disk(&volume).read_exact_at(&mut rest, at as u64).unwrap();
        assert_eq!(rest, vec![0; 8192]);
    }
    assert!(written.bootable);
    assert_eq!(written.image_metadata.get("os_distro").map(String::as_str), Some("debian"));
    assert_eq!(written.image_metadata.get("signature_verified"), None, "as in Cinder");
    studio.nobody_is_connected();
    // A copy that fails leaves it in error, from where it can be tried again.
    let bad = studio.glance.keeps(data(), json!({"os_hash_value": "00".repeat(64)}));
    studio.reimage(&volume, bad);
    studio.lab.when(&volume, "error");
    assert!(studio.lab.messages().iter().any(|told| told.starts_with("reimage volume:")));
    studio.nobody_is_connected();
}
