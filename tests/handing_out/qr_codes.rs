//! QR codes, read back by independent programs: zbarimg reads pictures, rsvg-convert
//! makes pictures of SVG.

use std::path::Path;
use std::process::Command;

use esimpool::auth::Permission;
use serde_json::{Value, json};

use crate::support::commands::is_installed;
use crate::support::operator::{Operator, device_state_path};
use crate::support::{Engine, TestApp, cases, code, codes, iccid};

cases! {
    needs: missing_reader,
    both: [every_drawing_holds_the_exact_string, the_examples_of_sgp_22_come_back_letter_for_letter],
    once: [a_sheet_has_the_string_of_each_device],
}

fn missing_reader() -> Option<&'static str> {
    let installed = ["zbarimg", "rsvg-convert"].iter().all(|tool| is_installed(tool));
    (!installed).then_some("no zbarimg or no rsvg-convert: apt-get install zbar-tools librsvg2-bin")
}

/// What a QR code in a picture says.
fn read(picture: &Path) -> String {
    let output = Command::new("zbarimg")
        .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"])
        .arg(picture)
        .output()
        .expect("zbarimg is there");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.strip_suffix('\n').expect("a line").to_owned()
}

/// What the QR code of an SVG document says, on paper of any colour.
pub fn read_svg(svg: &[u8], folder: &Path) -> String {
    let (drawing, picture) = (folder.join("qr.svg"), folder.join("svg.png"));
    std::fs::write(&drawing, svg).expect("written");
    let converted = Command::new("rsvg-convert")
        .args(["--background-color", "#333", "--output"])
        .args([&picture, &drawing])
        .status();
    assert!(converted.expect("rsvg-convert is there").success());
    read(&picture)
}

/// What a QR code of half blocks says: light letters on dark, as on a terminal.
fn read_text(text: &str, folder: &Path) -> String {
    const SCALE: usize = 4;
    let mut rows: Vec<Vec<u8>> = Vec::new();
    for line in text.lines() {
        let row = |light: [char; 2]| {
            let pixels = line.chars().map(|sign| if light.contains(&sign) { 255 } else { 0 });
            pixels.flat_map(|pixel| [pixel; SCALE]).collect::<Vec<u8>>()
        };
        rows.extend(std::iter::repeat_n(row(['█', '▀']), SCALE));
        rows.extend(std::iter::repeat_n(row(['█', '▄']), SCALE));
    }
    let (width, height) = (rows[0].len(), rows.len());
    let picture = folder.join("text.png");
    let file = std::fs::File::create(&picture).expect("a file");
    let side = |length: usize| u32::try_from(length).expect("small");
    let mut encoder = png::Encoder::new(file, side(width), side(height));
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("written");
    writer.write_image_data(&rows.concat()).expect("rows of one length");
    writer.finish().expect("written");
    read(&picture)
}

async fn every_drawing_holds_the_exact_string(engine: Engine) {
    let app = TestApp::start(engine).await;
    let operator = Operator::of(&app);
    let folder = app.folder.path();
    let long = |host: &str| "aB3-".repeat(64)[..255 - 3 - host.len()].to_owned();
    let deepest = format!("{0}.{0}.{0}.example.com", "x".repeat(60));
    for (number, (host, matching_id)) in [
        ("smdp.example.com", "MATCH-000000".to_owned()),
        ("SMDP.GSMA.COM", "04386-AGYFT-A74Y8-3F815".to_owned()),
        ("smdp.example.com", String::new()),
        ("Smdp.Example.COM", "lower-UPPER-0123456789-mIxEd".to_owned()),
        ("smdp.example.com", long("smdp.example.com")),
        (deepest.as_str(), long(&deepest)),
        ("smdp.example.com", "7".repeat(60)),
        // Any text is a code where validation is lenient: two letters that look like Japanese.
        ("smdp.example.com", "größe-日本".to_owned()),
    ]
    .into_iter()
    .enumerate()
    {
        let expected = format!("LPA:1${host}${matching_id}");
        let mut code = code(number);
        code["smdpPlusServerAddress"] = host.into();
        code["matchingIdentifier"] = matching_id.into();
        let pool = operator.pool(vec![code]).await;
        let device: Value = json!({ "deviceName": "phone" });
        let claimed =
            operator.claimer.post(&format!("{pool}/esimpool.claim"), device).await.is(201);
        assert_eq!(claimed.json()["lpaString"], expected);
        let qr = format!("{}/esimpool.qr", device_state_path(&pool, &claimed));
        let get = async |format: &str| {
            operator.claimer.get(&format!("{qr}?format={format}")).await.is(200)
        };
        let picture = folder.join("qr.png");
        std::fs::write(&picture, get("png").await.body).expect("written");
        assert_eq!(read(&picture), expected);
        assert_eq!(read_svg(&get("svg").await.body, folder), expected);
        assert_eq!(read_text(&get("text").await.text(), folder), expected);
    }
}

/// Section 4.1 of SGP.22: with a confirmation code, an OID, both, and an OID without a matching ID.
async fn the_examples_of_sgp_22_come_back_letter_for_letter(engine: Engine) {
    const EXAMPLES: [&str; 5] = [
        "LPA:1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815",
        "LPA:1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$$1",
        "LPA:1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1",
        "LPA:1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746",
        "LPA:1$SMDP.GSMA.COM$$1.3.6.1.4.1.31746",
    ];

    let app = TestApp::start(engine).await;
    let folder = app.folder.path();
    for (number, example) in EXAMPLES.into_iter().enumerate() {
        // Four of them have one secret, which a tenant hands out once.
        let tenant = app.tenant(["first", "second", "third", "fourth", "fifth"][number]);
        let operator = Operator {
            writer: tenant.caller(Permission::ConfigurationReadWriteAll),
            claimer: tenant.caller(Permission::ActivationCodeClaimAll),
        };
        // With the prefix that QR codes have, and without.
        let written = if number % 2 == 0 { example } else { &example["LPA:".len()..] };
        let file = format!("ICCID;Activation Code\n{};{written}\n", iccid(number));
        let pool = operator.import(file).await;
        let claimed = operator.claim(&pool, "phone").await.is(201);
        let body = claimed.json();
        assert_eq!(body["lpaString"], example);
        let carried = example.replace(':', "%3A").replace('$', "%24");
        for system in ["apple", "android"] {
            let link = body["links"][system].as_str().expect("a link");
            assert!(link.ends_with(&format!("?carddata={carried}")), "{link}");
        }
        assert_eq!(body["links"]["windows"], example.replace("LPA:", "lpa:"));
        let state = device_state_path(&pool, &claimed);
        let get = async |path: &str| operator.claimer.get(path).await.is(200);
        let picture = folder.join("qr.png");
        let png = get(&format!("{state}/esimpool.qr?format=png")).await.body;
        std::fs::write(&picture, png).expect("written");
        assert_eq!(read(&picture), example);
        let svg = get(&format!("{state}/esimpool.qr")).await.body;
        assert_eq!(read_svg(&svg, folder), example);
        let sheet = get(&format!("{pool}/esimpool.sheet")).await.text();
        let drawing = sheet.split("<svg ").nth(1).and_then(|it| it.split("</svg>").next());
        let drawing = format!("<svg {}</svg>", drawing.expect("a drawing"));
        assert_eq!(read_svg(drawing.as_bytes(), folder), example);
    }
}

async fn a_sheet_has_the_string_of_each_device() {
    let app = TestApp::start(Engine::Sqlite).await;
    let operator = Operator::of(&app);
    let pool = operator.pool(codes(7)).await;
    for device in 0..5 {
        operator.claim(&pool, &format!("device {device}")).await.is(201);
    }
    let sheet = operator.claimer.get(&format!("{pool}/esimpool.sheet")).await.is(200).text();
    let drawings: Vec<_> = sheet.split("<svg ").skip(1).collect();
    assert_eq!(drawings.len(), 5);
    for (device, drawing) in drawings.into_iter().enumerate() {
        let (drawing, rest) = drawing.split_once("</svg>").expect("an end");
        let read = read_svg(format!("<svg {drawing}</svg>").as_bytes(), app.folder.path());
        assert_eq!(read, format!("LPA:1$smdp.example.com$MATCH-{device:06}"));
        assert!(rest.contains(&format!("device {device}<")) && rest.contains(&read), "{rest}");
    }
}
