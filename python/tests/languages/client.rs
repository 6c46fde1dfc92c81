// The story of test_languages.py with the standard library alone: HTTP/1.1 over TCP.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

struct Answer {
    status: String,
    chunked: bool,
    length: usize,
    body: BufReader<TcpStream>,
}

fn send(server: &str, method: &str, path: &str, body: &str) -> Answer {
    let address = server.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Answer { status: String::new(), chunked: false, length: 0, body: BufReader::new(stream) };
    answer.status = line(&mut answer.body).split(' ').nth(1).unwrap().to_string();
    loop {
        let header = line(&mut answer.body).to_lowercase();
        if header.is_empty() {
            return answer;
        }
        answer.chunked |= header == "transfer-encoding: chunked";
        if let Some(length) = header.strip_prefix("content-length: ") {
            answer.length = length.parse().unwrap();
        }
    }
}

fn line(reader: &mut BufReader<TcpStream>) -> String {
    let mut text = String::new();
    reader.read_line(&mut text).unwrap();
    text.trim_end().to_string()
}

/// The next piece of a body; empty at its end.
fn piece(answer: &mut Answer) -> Vec<u8> {
    let size = if answer.chunked {
        usize::from_str_radix(&line(&mut answer.body), 16).unwrap()
    } else {
        std::mem::take(&mut answer.length)
    };
    let mut data = vec![0; size];
    answer.body.read_exact(&mut data).unwrap();
    if answer.chunked {
        line(&mut answer.body);
    }
    data
}

fn whole(mut answer: Answer) -> Vec<u8> {
    let mut data = Vec::new();
    loop {
        let next = piece(&mut answer);
        if next.is_empty() {
            return data;
        }
        data.extend(next);
    }
}

fn chat(server: &str, content: &str, more: &str) -> Answer {
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{content}"}}]{more}}}"#);
    send(server, "POST", "/v1/chat/completions", &body)
}

fn main() {
    let server = std::env::args().nth(1).unwrap();
    let plain = chat(&server, "hi", "");
    let status = plain.status.clone();
    println!("{}{status}", String::from_utf8(whole(plain)).unwrap());

    let mut stream = chat(&server, "go", r#","stream":true"#);
    let mut text = String::new();
    loop {
        let next = piece(&mut stream);
        if next.is_empty() {
            break;
        }
        text.push_str(std::str::from_utf8(&next).unwrap());
        while let Some(end) = text.find('\n') {
            let line: String = text.drain(..=end).collect();
            if line.starts_with("data:") {
                print!("{line}");
                if line.contains("first") {
                    whole(send(&server, "GET", "/v1/gate", ""));
                }
            }
        }
    }

    println!("{} bytes", whole(send(&server, "GET", "/v1/binary", "")).len());
    println!("{}", chat(&server, "missing", "").status);
}
