//! A server with OpenAI's `/v1/chat/completions` that keeps to the protocol and says whatever a test wants: it
//! checks each request as strictly as the strictest real one, and keeps everything that came in.
//!
//! It uses nothing of dombot, so that it cannot share dombot's mistakes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The name of its model.
pub const MODEL: &str = "test-model";

/// What it answers.
#[derive(Debug, Clone)]
pub enum Says {
    /// The model wrote this.
    Text(String),
    /// The model wrote this and ran out of tokens.
    Cut(String),
    /// The model declined with this.
    Refusal(String),
    /// An HTTP error with further headers (`Retry-After: 1`) and a body.
    Error(u16, &'static str, Value),
    /// These bytes as the body of a 200.
    Body(String),
    /// These bytes instead of an HTTP answer; then the connection ends.
    Bytes(String),
    /// A body of this many bytes.
    Huge(usize),
    /// Nothing for so long.
    Late(Duration),
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Every byte of it.
    pub raw: String,
    /// Its body.
    pub body: Value,
    /// The user's message.
    pub words: String,
}

type Script = dyn Fn(&Asked, usize) -> Says + Send + Sync;

/// What it insists on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules {
    /// The key that must come as `Authorization: Bearer`; none: no key may come.
    pub key: Option<&'static str>,
    /// What it does not take: `json_schema`, `response_format`; `max_tokens`, as newer cloud models;
    /// `temperature`, as reasoning models.
    pub refuses: &'static [&'static str],
}

/// A running server; it ends with this value.
#[derive(Debug)]
pub struct ModelServer {
    /// Where it is.
    pub addr: SocketAddr,
    journal: Arc<Mutex<Vec<Asked>>>,
    _tasks: JoinSet<()>,
}

impl ModelServer {
    /// `script` is given each request that keeps to the protocol, and its number from 0.
    pub async fn start(
        rules: Rules,
        script: impl Fn(&Asked, usize) -> Says + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let addr = listener.local_addr().expect("a bound socket");
        let journal = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let (seen, script): (_, Arc<Script>) = (Arc::clone(&journal), Arc::new(script));
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                tokio::spawn(async move {
                    // A client that goes away is what some tests are for.
                    let _ = serve(stream, rules, &seen, &*script).await;
                });
            }
        });
        Self { addr, journal, _tasks: tasks }
    }

    /// The base address.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.addr)
    }

    /// Every request so far.
    pub fn journal(&self) -> Vec<Asked> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    rules: Rules,
    seen: &Mutex<Vec<Asked>>,
    script: &Script,
) -> std::io::Result<()> {
    let raw = request(&mut stream).await?;
    let (head, body) = raw.split_once("\r\n\r\n").unwrap_or((&raw, ""));
    if head.starts_with("GET /v1/models ") {
        let list = json!({"object": "list", "data": [{"id": MODEL, "object": "model"}]});
        return answer(&mut stream, 200, "", &list.to_string()).await;
    }
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let words = body["messages"][1]["content"].as_str().unwrap_or_default().to_owned();
    let asked = Asked { raw: raw.clone(), body: body.clone(), words };
    let number = {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(asked.clone());
        seen.len() - 1
    };
    if let Some((status, message, code)) = fault(head, &body, rules) {
        let error =
            json!({"error": {"message": message, "type": "invalid_request_error", "code": code}});
        return answer(&mut stream, status, "", &error.to_string()).await;
    }
    say(&mut stream, script(&asked, number)).await
}

async fn say(stream: &mut TcpStream, says: Says) -> std::io::Result<()> {
    let completion = |content: Value, refusal: Value, reason: &str| {
        json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1_795_000_000, "model": MODEL,
            "choices": [{"index": 0, "finish_reason": reason, "logprobs": null,
                "message": {"role": "assistant", "content": content, "refusal": refusal}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})
        .to_string()
    };
    match says {
        Says::Text(text) => {
            answer(stream, 200, "", &completion(json!(text), Value::Null, "stop")).await
        }
        Says::Cut(text) => {
            answer(stream, 200, "", &completion(json!(text), Value::Null, "length")).await
        }
        Says::Refusal(text) => {
            answer(stream, 200, "", &completion(Value::Null, json!(text), "stop")).await
        }
        Says::Error(status, headers, body) => {
            answer(stream, status, headers, &body.to_string()).await
        }
        Says::Body(body) => answer(stream, 200, "", &body).await,
        Says::Bytes(bytes) => stream.write_all(bytes.as_bytes()).await,
        Says::Huge(bytes) => {
            answer(stream, 200, "", &completion(json!("x".repeat(bytes)), Value::Null, "stop"))
                .await
        }
        Says::Late(time) => {
            tokio::time::sleep(time).await;
            Ok(())
        }
    }
}

async fn answer(
    stream: &mut TcpStream,
    status: u16,
    headers: &str,
    body: &str,
) -> std::io::Result<()> {
    let extra = if headers.is_empty() { String::new() } else { format!("{headers}\r\n") };
    let head = format!(
        "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{extra}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await
}

/// Head and body of one request.
async fn request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
            if bytes.len() >= head.len() + 4 + length {
                return Ok(text);
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => bytes.extend_from_slice(&part[..n]),
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|l| l.split_once(':'));
    lines.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
}

/// What a strict server complains about: status, message, code.
fn fault(head: &str, body: &Value, rules: Rules) -> Option<(u16, String, &'static str)> {
    let refuses = |what: &str| rules.refuses.contains(&what);
    let bad = |message: &str| Some((400, message.to_owned(), "invalid_value"));
    if !head.starts_with("POST /v1/chat/completions HTTP/1.1") {
        return Some((404, "no such path".into(), "not_found"));
    }
    let key = header(head, "authorization");
    if key != rules.key.map(|k| format!("Bearer {k}")).as_deref() {
        return Some((401, "Incorrect API key provided".into(), "invalid_api_key"));
    }
    if header(head, "content-type") != Some("application/json") || body["messages"].is_null() {
        return bad("not JSON");
    }
    if body["model"] != MODEL {
        return Some((404, "The model does not exist".into(), "model_not_found"));
    }
    let known = [
        "model",
        "stream",
        "messages",
        "temperature",
        "max_tokens",
        "max_completion_tokens",
        "response_format",
    ];
    if let Some(odd) = body.as_object()?.keys().find(|k| !known.contains(&k.as_str())) {
        return bad(&format!("Unrecognized request argument supplied: {odd}"));
    }
    let who: Vec<&str> =
        body["messages"].as_array()?.iter().filter_map(|m| m["role"].as_str()).collect();
    if who != ["system", "user"] || body["stream"] != false {
        return bad("this server is asked one question by one person");
    }
    if refuses("max_tokens") && !body["max_tokens"].is_null() {
        return bad("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.");
    }
    if refuses("temperature") && !body["temperature"].is_null() {
        return bad("Unsupported value: 'temperature' does not support 0 with this model.");
    }
    let format = &body["response_format"];
    match format["type"].as_str() {
        Some(_) if refuses("response_format") => bad("response_format is not supported"),
        Some("json_schema") if refuses("json_schema") => bad("'json_schema' is not supported"),
        Some("json_schema") => {
            let schema = &format["json_schema"];
            let wrong = (schema["strict"] != true).then(|| "not strict".to_owned());
            let wrong = wrong.or_else(|| not_strict(&schema["schema"], "schema"))?;
            Some((
                400,
                format!("Invalid schema for response_format: {wrong}"),
                "invalid_json_schema",
            ))
        }
        Some("json_object") if !body["messages"].to_string().contains("JSON") => {
            bad("'messages' must contain the word 'json' in some form")
        }
        _ => None,
    }
}

/// Why strict mode would refuse a schema: its rules as they are documented.
fn not_strict(node: &Value, path: &str) -> Option<String> {
    let map = node.as_object()?;
    let known =
        ["type", "enum", "items", "properties", "required", "additionalProperties", "anyOf"];
    if let Some(odd) = map.keys().find(|k| !known.contains(&k.as_str())) {
        return Some(format!("{path}: '{odd}' is not permitted"));
    }
    if let Some(properties) = map.get("properties").and_then(Value::as_object) {
        let names: Vec<&String> = properties.keys().collect();
        if map.get("required") != Some(&json!(names))
            || map.get("additionalProperties") != Some(&json!(false))
        {
            return Some(format!("{path}: 'required' and 'additionalProperties'"));
        }
        return properties.iter().find_map(|(k, v)| not_strict(v, &format!("{path}.{k}")));
    }
    let branches = map.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    branches.chain(map.get("items")).find_map(|n| not_strict(n, path))
}
