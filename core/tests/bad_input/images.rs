//! Photos from anywhere.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ColorType, ExtendedColorType, ImageEncoder};
use kerbside_core::Frame;
use kerbside_core::photo::PhotoError;
use kerbside_core::vision::preprocess::preprocess;

use crate::limits::assert_says;

/// A PNG of zeros.
fn png(width: u32, height: u32, colour: ColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    let zeros = vec![0; width as usize * height as usize * usize::from(colour.bytes_per_pixel())];
    PngEncoder::new(&mut bytes).write_image(&zeros, width, height, colour.into()).unwrap();
    bytes
}

/// A PNG whose header claims another size than its data has.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(1, 1, ColorType::Rgb8);
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &bytes[24..29]].concat();
    bytes.splice(8..33, chunk(b"IHDR", &header));
    bytes
}

/// A small PNG with a chunk between its header and its pixels.
fn png_with(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = png(2, 2, ColorType::Rgb8);
    bytes.splice(33..33, chunk(name, content));
    bytes
}

/// A PNG of one pixel, the first colour of a palette of so many bytes.
fn palette_png(bytes: usize) -> Vec<u8> {
    let mut photo = png(1, 1, ColorType::L8);
    let header = [&photo[16..24], &[8, 3, 0, 0, 0]].concat();
    let palette = chunk(b"PLTE", &vec![7; bytes]);
    photo.splice(8..33, [chunk(b"IHDR", &header), palette].concat());
    photo
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [name, content].concat();
    let length = (content.len() as u32).to_be_bytes();
    [&length[..], &named, &crc32(&named).to_be_bytes()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc: u32, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// A zlib stream (RFC 1950, 1951) of which far more zeros come out than it has bytes: one literal,
/// and then matches of 258 bytes, each in 13 bits of the fixed code.
fn zeros(matches: usize) -> Vec<u8> {
    let mut bits: Vec<u8> = vec![1, 1, 0];
    let mut put = |code: u32, length: u32| {
        bits.extend((0..length).rev().map(|at| (code >> at & 1) as u8));
    };
    put(0b0011_0000, 8);
    for _ in 0..matches {
        put(0b1100_0101, 8);
        put(0, 5);
    }
    put(0, 7);
    let bytes = bits.chunks(8).map(|eight| eight.iter().rev().fold(0, |byte, bit| byte << 1 | bit));
    let checksum = ((1 + 258 * matches) % 65_521) << 16 | 1;
    let mut stream = vec![0x78, 0x01];
    stream.extend(bytes);
    stream.extend((checksum as u32).to_be_bytes());
    stream
}

/// Matches that make a hundred megabytes.
const HUNDRED_MEGABYTES: usize = 400_000;

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels: Vec<u8> = (0..width * height * 3).map(|at| (at * 37 % 251) as u8).collect();
    let encoder = JpegEncoder::new(&mut bytes);
    encoder.write_image(&pixels, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// A JPEG segment: marker, length, content.
fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&[0xFF, marker][..], &length, content].concat()
}

/// A JPEG of grey blocks, written by hand (ITU-T T.81): every code is one zero bit.
fn grey_jpeg(size: u16, components: u8, frame: u8, scans: &[&[u8]]) -> Vec<u8> {
    let side = size.to_be_bytes();
    let each = |entry: fn(u8) -> Vec<u8>| (1..=components).flat_map(entry).collect::<Vec<u8>>();
    let header = [&[8][..], &side, &side, &[components], &each(|id| vec![id, 0x11, 0])].concat();
    let code = |class: u8| [&[class, 1][..], &[0; 15], &[0]].concat();
    let mut bytes = [
        vec![0xFF, 0xD8],
        // Four components without it would be taken for three and one more.
        segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"),
        segment(0xDB, &[&[0][..], &[1; 64]].concat()),
        segment(frame, &header),
        segment(0xC4, &code(0x00)),
        segment(0xC4, &code(0x10)),
    ]
    .concat();
    let blocks = usize::from(size).div_ceil(8).pow(2) * usize::from(components);
    for range in scans {
        let scan = [&[components][..], &each(|id| vec![id, 0]), range].concat();
        bytes.extend(segment(0xDA, &scan));
        // No difference to the block before, and the end of the block: a bit each.
        let bits = if *range == WHOLE { 2 * blocks } else { blocks };
        bytes.extend(vec![0; bits.div_ceil(8)]);
    }
    bytes.extend([0xFF, 0xD9]);
    bytes
}

const BASELINE: u8 = 0xC0;
const PROGRESSIVE: u8 = 0xC2;
/// All coefficients of a block; the first; all others.
const WHOLE: &[u8] = &[0, 63, 0];
const FIRST: &[u8] = &[0, 0, 0];
const OTHERS: &[u8] = &[1, 63, 0];

/// A small JPEG with these bytes of EXIF.
fn with_exif(tiff: &[u8]) -> Vec<u8> {
    let mut bytes = jpeg(16, 8);
    bytes.splice(2..2, segment(0xE1, &[b"Exif\0\0", tiff].concat()));
    bytes
}

/// A directory of one entry, the orientation, after which another follows at `next`.
fn orientation(value: u16, next: u32) -> Vec<u8> {
    let [low, high] = value.to_le_bytes();
    let entry = [0x12, 0x01, 3, 0, 1, 0, 0, 0, low, high, 0, 0];
    [&b"II*\0\x08\0\0\0"[..], &[1, 0], &entry, &next.to_le_bytes()].concat()
}

/// A RIFF chunk.
fn riff(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let padding = &[0][..content.len() % 2];
    [&name[..], &(content.len() as u32).to_le_bytes(), content, padding].concat()
}

/// A WebP animation of two frames.
fn animated_webp() -> Vec<u8> {
    let mut still = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut still);
    encoder.write_image(&[9; 12], 2, 2, ExtendedColorType::Rgb8).unwrap();
    let size = [1, 0, 0, 1, 0, 0];
    let frame = [&[0; 6][..], &size, &[50, 0, 0, 0], &still[12..]].concat();
    let chunks = [
        b"WEBP".to_vec(),
        riff(b"VP8X", &[&[2, 0, 0, 0][..], &size].concat()),
        riff(b"ANIM", &[0; 6]),
        riff(b"ANMF", &frame),
        riff(b"ANMF", &frame),
    ];
    riff(b"RIFF", &chunks.concat())
}

#[track_caller]
fn refused(bytes: &[u8]) -> PhotoError {
    let error = Frame::from_encoded(bytes).expect_err("a photo like this is refused");
    let words = error.to_string();
    assert_says(&words, &["photo"]);
    let remedies =
        ["take it again", "use JPEG, PNG or WebP", "take a smaller one", "download it again"];
    assert!(remedies.iter().any(|remedy| words.contains(remedy)), "no remedy: {words}");
    error
}

#[track_caller]
fn size_of(bytes: &[u8]) -> (usize, usize) {
    let frame = Frame::from_encoded(bytes).unwrap_or_else(|e| panic!("{e}: {e:?}"));
    (frame.width(), frame.height())
}

bad_inputs! {
    png_of_65000_squared(photo = png_claiming(65_000, 65_000)) {
        assert!(photo.len() < 1000);
        assert!(matches!(refused(&photo), PhotoError::TooManyPixels { .. }));
    }

    png_of_the_largest_numbers(photo = png_claiming(u32::MAX >> 1, u32::MAX >> 1)) {
        refused(&photo);
    }

    jpeg_of_65535_squared(photo = grey_jpeg(8, 1, BASELINE, &[WHOLE])) {
        let mut photo = photo.clone();
        let at = photo.windows(2).position(|pair| pair == [0xFF, BASELINE]).unwrap() + 5;
        photo[at..at + 4].fill(0xFF);
        assert!(matches!(refused(&photo), PhotoError::TooManyPixels { .. }));
    }

    text_bomb(photo = {
        png_with(b"zTXt", &[&b"Comment\0\0"[..], &zeros(HUNDRED_MEGABYTES)].concat())
    }) {
        // What a text would become, nobody asks: the pixels are a photo.
        assert_eq!(size_of(&photo), (2, 2));
    }

    international_text_bomb(photo = {
        png_with(b"iTXt", &[&b"Comment\0\x01\0\0\0"[..], &zeros(HUNDRED_MEGABYTES)].concat())
    }) { assert_eq!(size_of(&photo), (2, 2)); }

    colour_profile_bomb(photo = {
        png_with(b"iCCP", &[&b"Profile\0\0"[..], &zeros(HUNDRED_MEGABYTES)].concat())
    }) {
        // Unpacked only as far as a profile may go; without one the pixels are a photo.
        assert_eq!(size_of(&photo), (2, 2));
    }

    colour_profile_of_sixty_megabytes(photo = png_with(b"iCCP", &vec![0; 60 << 20])) {
        refused(&photo);
    }

    pixels_that_swell(photo = {
        let mut photo = png_claiming(100, 100);
        let at = photo.windows(4).position(|name| name == b"IDAT").unwrap() - 4;
        photo.truncate(at);
        photo.extend(chunk(b"IDAT", &zeros(HUNDRED_MEGABYTES)));
        photo.extend(chunk(b"IEND", &[]));
        photo
    }) { assert!(Frame::from_encoded(&photo).is_err() || size_of(&photo) == (100, 100)); }

    jpeg_of_four_bytes(photo = vec![0xFF, 0xD8, 0xFF, 0xD9]) {
        assert!(matches!(refused(&photo), PhotoError::Truncated));
    }

    jpeg_of_a_marker_without_end(photo = [&[0xFF, 0xD8][..], &[0xFF; 100_000]].concat()) {
        refused(&photo);
    }

    jpeg_without_tables(photo = {
        let scan = segment(0xDA, &[1, 1, 0, 0, 63, 0]);
        let frame = segment(BASELINE, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0]);
        [&[0xFF, 0xD8][..], &frame, &scan, &[0, 0xFF, 0xD9]].concat()
    }) { let _ = Frame::from_encoded(&photo); }

    progressive_jpeg_truncated(photo = grey_jpeg(64, 1, PROGRESSIVE, &[FIRST, OTHERS])) {
        assert_eq!(size_of(&photo), (64, 64), "whole, it is a photo");
        for end in 4..photo.len() - 1 {
            refused(&photo[..end]);
        }
    }

    // Its coarse scan is there, the finer ones are not: it is what a slow line shows first.
    progressive_jpeg_without_its_later_scans(photo = grey_jpeg(64, 1, PROGRESSIVE, &[FIRST])) {
        assert_eq!(size_of(&photo), (64, 64));
    }

    progressive_jpeg_of_a_thousand_scans(photo = {
        let scans: Vec<&[u8]> = vec![OTHERS; 1000];
        grey_jpeg(512, 1, PROGRESSIVE, &scans)
    }) { let _ = Frame::from_encoded(&photo); }

    png_truncated_at_each_sixteenth(photo = png(300, 200, ColorType::Rgb8)) {
        for n in 0..16 {
            refused(&photo[..photo.len() * n / 16]);
        }
    }

    png_without_columns(photo = png_claiming(0, 100)) { refused(&photo); }

    png_without_rows(photo = png_claiming(100, 0)) { refused(&photo); }

    jpeg_without_rows(photo = grey_jpeg(0, 1, BASELINE, &[WHOLE])) { refused(&photo); }

    photo_of_one_column(photo = png(1, 30_000, ColorType::Rgb8)) {
        let frame = Frame::from_encoded(&photo).unwrap();
        assert_eq!((frame.width(), frame.height()), (1, 30_000));
        assert_eq!(preprocess(&frame, 224).len(), 3 * 224 * 224);
    }

    photo_of_one_row(photo = png(30_000, 1, ColorType::Rgb8)) {
        let frame = Frame::from_encoded(&photo).unwrap();
        assert_eq!(preprocess(&frame, 224).len(), 3 * 224 * 224);
    }

    exif_that_goes_round_in_a_circle(photo = with_exif(&orientation(1, 8))) {
        assert_eq!(size_of(&photo), (16, 8));
    }

    exif_that_points_past_its_end(photo = with_exif(b"II*\0\xff\xff\xff\xff")) {
        assert_eq!(size_of(&photo), (16, 8));
    }

    exif_of_65535_entries(photo = {
        with_exif(&[&b"II*\0\x08\0\0\0\xff\xff"[..], &[0; 40]].concat())
    }) { assert_eq!(size_of(&photo), (16, 8)); }

    exif_orientations_from_0_to_9(photos = {
        (0..=9).map(|value| with_exif(&orientation(value, 0))).collect::<Vec<_>>()
    }) {
        for (value, photo) in photos.iter().enumerate() {
            let turned = (5..=8).contains(&value);
            assert_eq!(size_of(photo), if turned { (8, 16) } else { (16, 8) }, "{value}");
        }
    }

    exif_that_is_text(photo = with_exif(b"upright, please")) {
        assert_eq!(size_of(&photo), (16, 8));
    }

    jpeg_in_the_printers_colours(photo = grey_jpeg(16, 4, BASELINE, &[WHOLE])) {
        assert_eq!(size_of(&photo), (16, 16));
    }

    // Grey and a transparency that is dropped.
    jpeg_of_two_colours(photo = grey_jpeg(16, 2, BASELINE, &[WHOLE])) {
        assert_eq!(size_of(&photo), (16, 16));
    }

    sixteen_bits_a_colour(photo = png(30, 20, ColorType::Rgba16)) {
        assert_eq!(size_of(&photo), (30, 20));
    }

    sixteen_bits_a_colour_and_too_large(photo = {
        let mut photo = png_claiming(8000, 8000);
        let header = [&photo[16..24], &[16, 6, 0, 0, 0]].concat();
        photo.splice(8..33, chunk(b"IHDR", &header));
        photo
    }) { assert!(matches!(refused(&photo), PhotoError::TooManyBytes { .. })); }

    // One byte less or more than whole colours: its decoder panics.
    palette_that_ends_inside_a_colour(photos = [1, 2, 4, 5, 767].map(palette_png)) {
        for photo in &photos {
            assert!(matches!(refused(photo), PhotoError::Damaged(_)));
        }
        for whole in [3, 6, 768] {
            assert_eq!(size_of(&palette_png(whole)), (1, 1));
        }
    }

    animated_png(photo = {
        let frame = [&[0; 4][..], &2u32.to_be_bytes(), &2u32.to_be_bytes(), &[0; 14]].concat();
        let mut photo = png_with(b"fcTL", &frame);
        photo.splice(33..33, chunk(b"acTL", &[0, 0, 0, 9, 0, 0, 0, 0]));
        photo
    }) { assert_eq!(size_of(&photo), (2, 2)); }

    animated_png_of_four_thousand_million_frames(photo = {
        png_with(b"acTL", &[0xFF; 8])
    }) { assert_eq!(size_of(&photo), (2, 2)); }

    webp_that_moves(photo = animated_webp()) { assert_eq!(size_of(&photo), (2, 2)); }

    webp_truncated(photo = animated_webp()) {
        for end in 12..photo.len() - 40 {
            let _ = Frame::from_encoded(&photo[..end]);
        }
        refused(&photo[..40]);
    }

    webp_whose_lengths_lie(photo = {
        let mut photo = animated_webp();
        photo[4..8].fill(0xFF);
        photo[16..20].fill(0xFF);
        photo
    }) { refused(&photo); }

    gif_that_moves(photo = b"GIF89a\x01\0\x01\0\x80\0\0".to_vec()) {
        assert!(matches!(refused(&photo), PhotoError::Unsupported(_)));
    }

    heic_renamed(photo = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1".to_vec()) {
        assert!(matches!(refused(&photo), PhotoError::Unsupported(_)));
    }

    text_renamed(photo = b"a photo of a bin".to_vec()) {
        assert!(matches!(refused(&photo), PhotoError::Unsupported(_)));
    }

    photo_of_no_bytes(photo = Vec::new()) { assert!(matches!(refused(&photo), PhotoError::Empty)); }

    // The tool that made the test files is sound.
    zeros_by_hand_are_zlib(photo = {
        // Three bytes a pixel and the filter's one: a row of 85 pixels and of 258 bytes less two.
        let mut photo = png_claiming(86, 1);
        let at = photo.windows(4).position(|name| name == b"IDAT").unwrap() - 4;
        photo.truncate(at);
        photo.extend(chunk(b"IDAT", &zeros(1)));
        photo.extend(chunk(b"IEND", &[]));
        photo
    }) { assert_eq!(size_of(&photo), (86, 1)); }
}
