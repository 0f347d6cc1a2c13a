//! The kinds of objects that are read, with where the API keeps them.

use haldane_core::policy::Routes;
use kube::core::{ApiResource, GroupVersionKind};

/// A kind that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Flagger's own.
    Canary,
    /// The usual target.
    Deployment,
    /// Another target.
    DaemonSet,
    /// A target without pods of its own.
    Service,
    /// Carries weights in an annotation.
    Ingress,
    /// Istio's routes.
    VirtualService,
    /// The Gateway API's routes.
    HttpRoute,
}

impl Kind {
    /// The kind of a Canary's target, if it is read.
    pub fn of_target(kind: &str) -> Option<Self> {
        match kind {
            "Deployment" => Some(Self::Deployment),
            "DaemonSet" => Some(Self::DaemonSet),
            "Service" => Some(Self::Service),
            _ => None,
        }
    }

    /// The kind that carries the weights.
    pub const fn of_routes(routes: Routes) -> Self {
        match routes {
            Routes::Nginx => Self::Ingress,
            Routes::Istio => Self::VirtualService,
            Routes::GatewayApi => Self::HttpRoute,
        }
    }

    /// Its plural, as it stands in permissions.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Canary => "canaries",
            Self::Deployment => "deployments",
            Self::DaemonSet => "daemonsets",
            Self::Service => "services",
            Self::Ingress => "ingresses",
            Self::VirtualService => "virtualservices",
            Self::HttpRoute => "httproutes",
        }
    }

    /// Where the API keeps it.
    pub fn resource(self) -> ApiResource {
        let (group, version, kind) = match self {
            Self::Canary => ("flagger.app", "v1beta1", "Canary"),
            Self::Deployment => ("apps", "v1", "Deployment"),
            Self::DaemonSet => ("apps", "v1", "DaemonSet"),
            Self::Service => ("", "v1", "Service"),
            Self::Ingress => ("networking.k8s.io", "v1", "Ingress"),
            Self::VirtualService => ("networking.istio.io", "v1beta1", "VirtualService"),
            Self::HttpRoute => ("gateway.networking.k8s.io", "v1", "HTTPRoute"),
        };
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), self.plural())
    }
}
