//! A pod by hand.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn the_program_says_where_it_listens_and_ends_when_it_is_told_to() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_world-service"));
    let mut pod = command.args(["--version", "1.2.3"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(pod.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let address = line.strip_prefix("world-service 1.2.3 listens at http://").expect(&line).to_owned();
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    let body = r#"{"exit":7}"#;
    let head = "POST /control HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    std::io::Write::write_all(
        &mut stream,
        format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes(),
    )
    .unwrap();
    assert_eq!(pod.wait().unwrap().code(), Some(7));
}
