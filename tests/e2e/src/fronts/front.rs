//! One namespace's HAProxy, kept as the namespace's objects say.

use super::Fronts;
use super::pools::Pools;
use super::routes::{Routes, endpoints};
use crate::nodes::{Book, Registry};
use anyhow::Result;
use haldane_world::{Arm, Proxy};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::DynamicObject;
use kube::runtime::reflector::{ObjectRef, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

#[derive(Debug)]
pub(super) struct Front {
    pub(super) namespace: String,
    pub(super) proxy: Proxy,
    pub(super) registry: Registry,
    pub(super) pools: Mutex<Pools>,
    ingresses: Store<Ingress>,
    services: Store<Service>,
    virtual_services: Store<DynamicObject>,
    troubles: Mutex<Vec<String>>,
}

impl Front {
    pub(super) fn new(namespace: &str, proxy: Proxy, fronts: &Fronts) -> Self {
        Self {
            namespace: namespace.to_owned(),
            proxy,
            registry: fronts.registry.clone(),
            pools: Mutex::default(),
            ingresses: fronts.ingresses.clone(),
            services: fronts.services.clone(),
            virtual_services: fronts.virtual_services.clone(),
            troubles: Mutex::default(),
        }
    }

    /// Follows every change for ever.
    pub(super) async fn run(
        self: Arc<Self>,
        mut objects: watch::Receiver<u64>,
        mut pods: watch::Receiver<Book>,
    ) {
        let mut set = Routes::default();
        loop {
            objects.mark_unchanged();
            pods.mark_unchanged();
            if let Err(error) = self.adjust(&mut set).await {
                self.note(format!("{error:#}"));
            }
            let over = tokio::select! {
                changed = objects.changed() => changed.is_err(),
                changed = pods.changed() => changed.is_err(),
            };
            if over {
                return;
            }
        }
    }

    /// New pods are taken in before the weight gives them requests, and taken out after it.
    async fn adjust(self: &Arc<Self>, set: &mut Routes) -> Result<()> {
        let routes = self.routes()?;
        let (main, canary) =
            (self.endpoints(routes.main.as_deref()), self.endpoints(routes.canary.as_deref()));
        self.fill(Arm::Primary, &main).await?;
        self.fill(Arm::Canary, &canary).await?;
        if set.header != routes.header {
            self.proxy.set_canary_header(routes.header.as_deref()).await?;
        }
        if set.weight != routes.weight {
            self.proxy.set_canary_weight(routes.weight).await?;
        }
        *set = routes;
        self.empty(Arm::Primary, &main);
        self.empty(Arm::Canary, &canary);
        Ok(())
    }

    fn routes(&self) -> Result<Routes> {
        let here = |namespace: &Option<String>| namespace.as_deref() == Some(&self.namespace);
        let virtual_services = self.virtual_services.state();
        if let Some(object) = virtual_services.iter().find(|object| here(&object.metadata.namespace)) {
            return Ok(Routes::of_istio(object));
        }
        let mut ingresses = self.ingresses.state();
        ingresses.retain(|ingress| here(&ingress.metadata.namespace));
        Routes::read(&ingresses)
    }

    fn endpoints(&self, service: Option<&str>) -> BTreeMap<String, u16> {
        let reference = |name: &str| ObjectRef::new(name).within(&self.namespace);
        let service = service.and_then(|name| self.services.get(&reference(name)));
        endpoints(service.as_deref(), &self.registry.pods(&self.namespace))
    }

    pub(super) fn note(&self, trouble: String) {
        // Sentences that are pushed whole.
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).push(trouble);
    }

    pub(super) fn troubles(&self) -> Vec<String> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
