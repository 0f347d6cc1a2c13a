//! An API server as far as it matters here: lists, watches, refusals, and its absence.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

#[derive(Default)]
struct Store {
    version: u64,
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    refused: BTreeMap<String, u16>,
    /// Collections that may be listed and not watched.
    unwatched: BTreeSet<String>,
}

impl Store {
    /// What a watch that begins after `version` has missed.
    fn since(&self, collection: &str, version: u64) -> Vec<String> {
        let newer = |object: &&Value| {
            let own = object["metadata"]["resourceVersion"].as_str().and_then(|v| v.parse().ok());
            own.is_some_and(|own: u64| own > version)
        };
        let objects = self.objects.get(collection).into_iter().flat_map(BTreeMap::values).filter(newer);
        objects.map(|object| format!("{}\n", json!({"type": "MODIFIED", "object": object}))).collect()
    }
}

fn resource_version(query: &str) -> u64 {
    let parts = query.split('&').find_map(|part| part.strip_prefix("resourceVersion="));
    parts.and_then(|v| v.parse().ok()).unwrap_or(0)
}

struct Shared {
    store: Mutex<Store>,
    /// (collection, a line of a watch); an empty line ends all watches of the collection.
    changes: broadcast::Sender<(String, String)>,
    /// Collections as they are listed.
    lists: broadcast::Sender<String>,
}

pub(crate) struct ApiServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    running: Mutex<Option<JoinHandle<()>>>,
    folder: tempfile::TempDir,
}

impl ApiServer {
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared {
            store: Mutex::default(),
            changes: broadcast::Sender::new(64),
            lists: broadcast::Sender::new(64),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "us-east",
            "clusters": [{"name": "us-east", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "haldane", "user": {"token": "secret-token"}}],
            "contexts": [{"name": "us-east", "context": {"cluster": "us-east", "user": "haldane"}}]});
        std::fs::write(folder.path().join("kubeconfig"), config.to_string()).unwrap();
        let running = Mutex::new(Some(serve(listener, shared.clone())));
        Self { shared, address, running, folder }
    }

    pub(crate) fn kubeconfig(&self) -> String {
        self.folder.path().join("kubeconfig").display().to_string()
    }

    /// Creates or replaces an object, and tells all who watch.
    pub(crate) fn put(&self, collection: &str, object: Value) {
        let object = self.put_unseen(collection, object);
        self.tell(collection, &json!({"type": "MODIFIED", "object": object}));
    }

    /// The same while nobody can be told.
    pub(crate) fn put_unseen(&self, collection: &str, mut object: Value) -> Value {
        let mut store = self.shared.store.lock().unwrap();
        store.version += 1;
        object["metadata"]["resourceVersion"] = json!(store.version.to_string());
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        store.objects.entry(collection.to_owned()).or_default().insert(name, object.clone());
        object
    }

    pub(crate) fn remove(&self, collection: &str, name: &str) {
        let removed = self.shared.store.lock().unwrap().objects.get_mut(collection).unwrap().remove(name);
        self.tell(collection, &json!({"type": "DELETED", "object": removed.unwrap()}));
    }

    /// Refuses a collection from now on; watches of it end.
    pub(crate) fn refuse(&self, collection: &str, code: u16) {
        self.shared.store.lock().unwrap().refused.insert(collection.to_owned(), code);
        let _ = self.shared.changes.send((collection.to_owned(), String::new()));
    }

    /// Lets a collection be listed only, from now on; watches of it end.
    pub(crate) fn refuse_watches(&self, collection: &str) {
        self.shared.store.lock().unwrap().unwatched.insert(collection.to_owned());
        let _ = self.shared.changes.send((collection.to_owned(), String::new()));
    }

    pub(crate) fn allow(&self, collection: &str) {
        let mut store = self.shared.store.lock().unwrap();
        store.refused.remove(collection);
        store.unwatched.remove(collection);
    }

    /// Waits until a collection has been listed so many times more.
    pub(crate) async fn listed(&self, collection: &str, times: usize) {
        let mut lists = self.shared.lists.subscribe();
        let mut left = times;
        while left > 0 {
            left -= usize::from(lists.recv().await.unwrap() == collection);
        }
    }

    /// Goes away with every connection.
    pub(crate) async fn stop(&self) {
        let running = self.running.lock().unwrap().take().unwrap();
        running.abort();
        let _ = running.await;
    }

    pub(crate) async fn resume(&self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        *self.running.lock().unwrap() = Some(serve(listener, self.shared.clone()));
    }

    fn tell(&self, collection: &str, change: &Value) {
        // Nobody need be watching.
        let _ = self.shared.changes.send((collection.to_owned(), format!("{change}\n")));
    }
}

/// Connections are tasks of a runtime of their own, so that all of them end with it.
fn serve(listener: TcpListener, shared: Arc<Shared>) -> JoinHandle<()> {
    let router = Router::new().fallback(answer).with_state(shared);
    tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let router = router.clone();
            connections.spawn(async move {
                let service = hyper_util::service::TowerToHyperService::new(router);
                let io = hyper_util::rt::TokioIo::new(socket);
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
            });
        }
    })
}

/// Whether `labelSelector=app%3Dapi` selects it: one label, as far as it matters here.
fn is_selected(object: &Value, query: &str) -> bool {
    let Some(asked) = query.split('&').find_map(|part| part.strip_prefix("labelSelector=")) else {
        return true;
    };
    let (label, value) = asked.split_once("%3D").unwrap();
    object["metadata"]["labels"][label] == value
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let collection = request.uri().path().to_owned();
    let store = shared.store.lock().unwrap();
    let query = request.uri().query().unwrap_or_default();
    let watches = query.contains("watch=true");
    let forbidden = (watches && store.unwatched.contains(&collection)).then_some(&403);
    if let Some(code) = store.refused.get(&collection).or(forbidden) {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
            "reason": "Forbidden", "message": format!("haldane is not allowed to read {collection}"), "metadata": {}});
        return (StatusCode::from_u16(*code).unwrap(), status.to_string()).into_response();
    }
    if watches {
        let changes = shared.changes.subscribe();
        let missed = store.since(&collection, resource_version(query));
        drop(store);
        let mine = futures_util::stream::unfold(changes, |mut changes| async {
            Some((changes.recv().await.ok()?, changes))
        });
        let mine = mine.filter(move |(of, _)| std::future::ready(*of == collection)).map(|(_, line)| line);
        let lines = futures_util::stream::iter(missed).chain(mine);
        let lines = lines.take_while(|line| std::future::ready(!line.is_empty()));
        return Body::from_stream(lines.map(Ok::<_, std::io::Error>)).into_response();
    }
    let _ = shared.lists.send(collection.clone());
    let all = store.objects.get(&collection).into_iter().flat_map(BTreeMap::values);
    let items: Vec<&Value> = all.filter(|object| is_selected(object, query)).collect();
    json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": store.version.to_string()}, "items": items})
        .to_string()
        .into_response()
}
