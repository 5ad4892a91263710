//! A stand-in for the model behind Claude Code and Codex, on loopback: it makes the calls of tools that a test wrote
//! down, and keeps what it was shown for each.
//!
//! It speaks as much of Anthropic's Messages and of OpenAI's Responses, streamed, as the programs need. Between
//! requests it keeps no state of a conversation: the program sends the whole of it along each time, and how many calls
//! there are in it says which step is next.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// Steps that a model takes at most, in all conversations of a test together: none goes on for ever.
const LIMIT: usize = 60;

/// What the model does next, given the results that it was shown so far.
type Step = Box<dyn Fn(&[String]) -> (String, Value) + Send + Sync>;

/// What the model does in one conversation: that in whose user's text these words come last.
pub struct Talk {
    words: &'static str,
    steps: Vec<Step>,
}

impl Talk {
    /// The conversation that is known by these words.
    pub fn of(words: &'static str) -> Self {
        Self { words, steps: Vec::new() }
    }

    /// Calls a tool.
    pub fn call(self, tool: &str, input: Value) -> Self {
        let tool = tool.to_owned();
        self.then(move |_| (tool.clone(), input.clone()))
    }

    /// Calls a tool, with what the results so far say.
    pub fn then(mut self, step: impl Fn(&[String]) -> (String, Value) + Send + Sync + 'static) -> Self {
        self.steps.push(Box::new(step));
        self
    }
}

/// What was seen of the conversations.
#[derive(Default)]
pub struct Seen {
    /// Each result, with the words of its conversation and its number there.
    results: Vec<(&'static str, usize, String)>,
    /// All that was told besides, as it came.
    told: String,
    made: usize,
}

/// The model, as long as it is not dropped.
pub struct Model {
    /// Where it is.
    pub address: String,
    seen: Arc<Mutex<Seen>>,
}

impl Model {
    /// Lets a model take these steps.
    pub fn new(talks: Vec<Talk>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (talks, seen) = (Arc::new(talks), Arc::new(Mutex::new(Seen::default())));
        let kept = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (talks, kept) = (Arc::clone(&talks), Arc::clone(&kept));
                thread::spawn(move || answer(stream, &talks, &kept));
            }
        });
        Self { address, seen }
    }

    /// Returns what the model was shown for each call of a conversation.
    pub fn results(&self, words: &str) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let mut found: Vec<_> = seen.results.iter().filter(|(of, _, _)| *of == words).collect();
        found.sort_by_key(|(_, number, _)| *number);
        found.into_iter().map(|(_, _, text)| text.clone()).collect()
    }

    /// Tells whether the model was told a text anywhere.
    pub fn was_told(&self, text: &str) -> bool {
        let text = Value::from(text).to_string();
        self.seen.lock().unwrap().told.contains(text.trim_matches('"'))
    }
}

/// A conversation as a program sent it.
#[derive(Default)]
struct Conversation {
    user: String,
    calls: usize,
    results: Vec<String>,
    tools: Vec<String>,
}

impl Conversation {
    fn of_messages(body: &Value) -> Self {
        let mut found = Self::default();
        for message in list(&body["messages"]) {
            if message["role"] == "user" {
                found.user += &text_of(&message["content"]);
            }
            for part in list(&message["content"]) {
                match part["type"].as_str() {
                    Some("tool_use") => found.calls += 1,
                    Some("tool_result") => found.results.push(text_of(&part["content"])),
                    _ => {}
                }
            }
        }
        found.tools = list(&body["tools"]).iter().map(|tool| word(&tool["name"])).collect();
        found
    }

    fn of_items(body: &Value) -> Self {
        let mut found = Self::default();
        for item in list(&body["input"]) {
            match item["type"].as_str().unwrap_or("message") {
                "function_call" => found.calls += 1,
                "function_call_output" => found.results.push(text_of(&item["output"])),
                "message" | "agent_message" if item["role"] != "assistant" => {
                    found.user += &text_of(&item["content"]);
                }
                _ => {}
            }
        }
        for tool in list(&body["tools"]) {
            let name = word(&tool["name"]);
            found
                .tools
                .extend(list(&tool["tools"]).iter().map(|inner| format!("{name}.{}", word(&inner["name"]))));
            found.tools.push(name);
        }
        found
    }

    /// Finds the next step, and keeps what was shown.
    fn next(&self, talks: &[Talk], seen: &Mutex<Seen>) -> Option<(String, Value)> {
        let talk = talks.iter().max_by_key(|talk| self.user.rfind(talk.words))?;
        self.user.find(talk.words)?;
        let mut seen = seen.lock().unwrap();
        for (number, text) in self.results.iter().enumerate() {
            if !seen.results.iter().any(|(words, at, _)| *words == talk.words && *at == number) {
                seen.results.push((talk.words, number, text.clone()));
            }
        }
        let step = talk.steps.get(self.calls).filter(|_| !self.tools.is_empty() && seen.made < LIMIT)?;
        seen.made += 1;
        let (tool, input) = step(&self.results);
        if !self.tools.contains(&tool) {
            seen.results.push((
                talk.words,
                self.calls,
                format!("no tool {tool}; there are {:?}", self.tools),
            ));
            return None;
        }
        Some((tool, input))
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The text of a content, which is a text or a list of parts.
fn text_of(content: &Value) -> String {
    match content.as_str() {
        Some(text) => text.to_owned(),
        None => list(content).iter().map(|part| word(&part["text"]) + "\n").collect(),
    }
}

/// Answers one request.
fn answer(mut stream: TcpStream, talks: &[Talk], seen: &Mutex<Seen>) {
    let Some((line, body)) = request(&stream) else { return };
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let is_messages = path.ends_with("/messages");
    let events = if method == "POST" && (is_messages || path.ends_with("/responses")) {
        seen.lock().unwrap().told += &body.to_string();
        let said = if is_messages { Conversation::of_messages(&body) } else { Conversation::of_items(&body) };
        let step = said.next(talks, seen);
        let id = format!("call_{}", said.calls);
        Some(if is_messages { of_messages(step, &id) } else { of_responses(step, &id) })
    } else {
        None
    };
    let (kind, text) = match events {
        Some(events) => ("text/event-stream", events.iter().map(event).collect()),
        None => ("application/json", json!({"data": [], "models": [], "input_tokens": 1}).to_string()),
    };
    let length = text.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    let text = if method == "HEAD" { String::new() } else { text };
    // A program that was ended listens no more.
    let _sent = stream.write_all((head + &text).as_bytes());
}

/// Reads the first line of a request, and its body where it is JSON.
fn request(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, serde_json::from_slice(&body).unwrap_or_default()))
}

fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", word(&data["type"]))
}

/// A step as the Messages API streams it; where there is none, the model says that it is done.
fn of_messages(step: Option<(String, Value)>, id: &str) -> Vec<Value> {
    let (block, delta, stop) = match step {
        Some((tool, input)) => (
            json!({"type": "tool_use", "id": id, "name": tool, "input": {}}),
            json!({"type": "input_json_delta", "partial_json": input.to_string()}),
            "tool_use",
        ),
        None => {
            (json!({"type": "text", "text": ""}), json!({"type": "text_delta", "text": "done"}), "end_turn")
        }
    };
    let usage = json!({"input_tokens": 1, "output_tokens": 1});
    let message = json!({
        "id": "msg", "type": "message", "role": "assistant", "model": "stand-in", "content": [],
        "stop_reason": null, "usage": usage,
    });
    vec![
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
        json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": usage}),
        json!({"type": "message_stop"}),
    ]
}

/// A step as the Responses API streams it. A tool in a namespace is called as `namespace.tool`.
fn of_responses(step: Option<(String, Value)>, id: &str) -> Vec<Value> {
    let item = match step {
        Some((tool, input)) => {
            let (space, name) = tool.rsplit_once('.').unwrap_or(("", &tool));
            let mut item = json!({
                "type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name,
                "arguments": input.to_string(), "status": "completed",
            });
            if !space.is_empty() {
                item["namespace"] = json!(space);
            }
            item
        }
        None => json!({
            "type": "message", "id": "msg", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "done", "annotations": []}],
        }),
    };
    let usage = json!({
        "input_tokens": 1, "output_tokens": 1, "total_tokens": 2,
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
    });
    let response = |status: &str, output: Value| json!({"id": "resp", "object": "response", "status": status, "output": output, "usage": usage});
    vec![
        json!({"type": "response.created", "response": response("in_progress", json!([]))}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": response("completed", json!([item]))}),
    ]
}
