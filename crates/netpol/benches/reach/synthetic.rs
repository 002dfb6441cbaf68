//! A seeded synthetic cluster: namespaces of applications with default-deny and one policy per application.

use rampart_netpol::{
    Action, Cidr, Expr, Hosts, Layer, NamedPort, NamespaceId, Peer, PodSelector, Policy, PortSet, Ports,
    Profile, Proto, Rule, Scope, Tier, TierEnd, TierId, Tri, World,
};

/// Sizes of a synthetic cluster.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub pods: usize,
    pub policies: usize,
    pub namespaces: usize,
}

const APPS: usize = 20;

fn profile() -> Profile {
    Profile::named("cilium").unwrap_or_default()
}

fn numbers(proto: Proto, port: u16) -> Ports {
    Ports::numbers(PortSet::one(proto, port))
}

fn app(world: &mut World, scope: Scope, number: usize) -> Peer {
    let attr = world.label_attr("app");
    let value = world.symbols.intern(&format!("app-{number}"));
    Peer::Pods(PodSelector { scope, pods: Expr::is_in(attr, vec![value]), hosts: Hosts::ByProfile })
}

fn named_namespace(world: &mut World, name: &str) -> Scope {
    let attr = world.namespace_attr(rampart_netpol::NAME_LABEL);
    let value = world.symbols.intern(name);
    Scope::Where(Expr::is_in(attr, vec![value]))
}

fn team(world: &mut World, number: usize) -> Scope {
    let attr = world.namespace_attr("team");
    let value = world.symbols.intern(&format!("team-{number}"));
    Scope::Where(Expr::is_in(attr, vec![value]))
}

fn allow(provenance: u32, peer: Peer, ports: Ports) -> Rule {
    Rule { provenance, action: Action::Allow, peer, ports, subject: None, condition: None }
}

/// The rules of the policy of application `number` in namespace `home`, varied by `dice`.
pub fn policy(
    world: &mut World,
    home: (NamespaceId, usize),
    number: usize,
    namespaces: usize,
    dice: &mut fastrand::Rng,
) -> Policy {
    let (id, _) = home;
    let port = [8080, 8443, 9090, 5432][dice.usize(0..4)];
    let caller = app(world, Scope::One(id), dice.usize(0..APPS));
    let callee = app(world, Scope::One(id), dice.usize(0..APPS));
    let mut ingress = vec![allow(0, caller, numbers(Proto::Tcp, port))];
    match dice.usize(0..4) {
        0 => {
            let scope = team(world, dice.usize(0..10));
            let peer = Peer::Pods(PodSelector { scope, pods: Expr::True, hosts: Hosts::ByProfile });
            ingress.push(allow(1, peer, numbers(Proto::Tcp, 443)));
        }
        1 => {
            let scope = named_namespace(world, &format!("ns-{}", dice.usize(0..namespaces)));
            let peer = app(world, scope, dice.usize(0..APPS));
            let http = world.symbols.intern("http");
            let ports = Ports { set: PortSet::empty(), named: [(http, Some(Proto::Tcp))].into() };
            ingress.push(allow(1, peer, ports));
        }
        _ => {}
    }
    let dns_scope = named_namespace(world, "ns-0");
    let dns = app(world, dns_scope, 0);
    let mut egress = vec![
        allow(2, callee, Ports::numbers(PortSet::protocol(Proto::Tcp))),
        allow(3, dns, numbers(Proto::Udp, 53)),
    ];
    if dice.usize(0..3) == 0 {
        let address = std::net::Ipv4Addr::new(203, 0, dice.u8(0..64), 0);
        if let Some(block) = Cidr::new(address.into(), 24) {
            egress.push(allow(4, Peer::Block(block, Box::default()), numbers(Proto::Tcp, 443)));
        }
    }
    let subject = app(world, Scope::One(id), number);
    Policy {
        provenance: number as u32,
        tier: TierId(0),
        order: 0,
        subject,
        isolates: [true, true],
        rules: [ingress, egress],
    }
}

/// The cluster of that size.
pub fn world(size: Size, seed: u64) -> World {
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut world = World::new(profile());
    world.tier(Tier {
        name: "NetworkPolicy".to_owned(),
        layer: Layer::Packets,
        end: TierEnd::Deny,
        enforced: Tri::Yes,
    });
    let mut homes = Vec::new();
    for number in 0..size.namespaces {
        let (name, team) = (format!("ns-{number}"), format!("team-{}", number % 10));
        homes.push((world.namespace(&name, [("team", team.as_str())]), number));
    }
    let http = world.symbols.intern("http");
    for number in 0..size.pods {
        let (home, _) = homes[number % size.namespaces];
        let own = (number / size.namespaces) % APPS;
        let labels = [("app", format!("app-{own}")), ("pod-template-hash", format!("{:x}", number % 977))];
        let labels = labels.iter().map(|(key, value)| (*key, value.as_str()));
        let id = world.pod(home, &format!("pod-{number}"), labels);
        let port = if own.is_multiple_of(2) { 8080 } else { 3000 };
        world.endpoints[id.0 as usize].ports.push(NamedPort { name: http, proto: Proto::Tcp, port });
    }
    for number in 0..size.policies {
        let home = homes[number % size.namespaces];
        let own = (number / size.namespaces) % APPS;
        let policy = if own == 0 {
            let pods = PodSelector { scope: Scope::One(home.0), pods: Expr::True, hosts: Hosts::ByProfile };
            Policy {
                provenance: number as u32,
                tier: TierId(0),
                order: 0,
                subject: Peer::Pods(pods),
                isolates: [true, true],
                rules: [Vec::new(), Vec::new()],
            }
        } else {
            policy(&mut world, home, own, size.namespaces, &mut dice)
        };
        world.policy(policy);
    }
    world
}
