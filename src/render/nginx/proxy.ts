/**
 * The reverse proxy's site: by name and TLS to each service that has a domain.
 *
 * The proxy of a domain is the first machine that the service's `allow` names: others on the list call the service by
 * its address. For nginx 1.18 (Ubuntu 22.04) and later.
 */
import { formatAddress } from "@ecluse/guard/address";
import type { Machine, Service } from "../../inventory/model.ts";
import { cannotRender } from "../cannot-render.ts";
import { rightsOf, type Subject } from "../subject.ts";

interface Site {
  readonly domain: string;
  readonly service: Service;
  /** Where the service listens: `ADDRESS:PORT`. */
  readonly at: string;
}

/** `undefined`: the machine is nobody's proxy. */
export function proxySite(subject: Subject, machine: Machine): string | undefined {
  const sites = sitesOf(subject, machine);
  const [first] = sites;
  if (first === undefined) return undefined;
  refuseTwice(sites, machine);
  const address = formatAddress(machine.address);
  return [shared(sites), nobodys(first, address), ...sites.map((site) => server(site, address))].join("\n");
}

function sitesOf(subject: Subject, machine: Machine): readonly Site[] {
  const { services, machines } = subject.inventory;
  return services.flatMap((service) => {
    const on = machines.find(({ name }) => name === service.machine);
    if (service.domain === undefined || on === undefined || proxyOf(service, subject) !== machine.name) return [];
    return [{ domain: service.domain, service, at: `${formatAddress(on.address)}:${service.port}` }];
  });
}

function proxyOf({ grants, machine }: Service, subject: Subject): string | undefined {
  const names = rightsOf(grants, subject).map(({ source }) => source.name);
  const isOther = (name: string): boolean =>
    name !== machine && subject.inventory.machines.some((each) => each.name === name);
  return names.find(isOther);
}

/** nginx would take the first and only warn of the second. */
function refuseTwice(sites: readonly Site[], machine: Machine): void {
  for (const [index, { domain, service }] of sites.entries()) {
    const other = sites.slice(0, index).find((each) => each.domain === domain);
    if (other === undefined) continue;
    throw cannotRender(
      `nginx/ecluse-proxy.conf of ${machine.name}`,
      `${other.service.name} and ${service.name} both have the domain ${domain}`,
      "give each service a domain of its own",
    );
  }
}

function shared(sites: readonly Site[]): string {
  return `map $http_upgrade $ecluse_connection {
    default upgrade;
    "" "";
}
${hashBucket(sites)}`;
}

/** nginx's own default; a name of 46 characters still fits. */
const USUAL_BUCKET = 64;

/** http://nginx.org/en/docs/hash.html: a bucket holds a pointer, the name with two bytes more, aligned, and its end. */
function hashBucket(sites: readonly Site[]): string {
  const longest = Math.max(...sites.map(({ domain }) => domain.length));
  const needed = 8 + Math.ceil((longest + 2) / 8) * 8 + 8;
  if (needed <= USUAL_BUCKET) return "";
  return `\nserver_names_hash_bucket_size ${2 ** Math.ceil(Math.log2(needed))};\n`;
}

/** Without it, whoever asks for no name of ours would get the first service. */
function nobodys(first: Site, address: string): string {
  return `# Whoever asks for no name of ours: the handshake needs some certificate, and no answer follows.
server {
    listen ${address}:443 ssl default_server;
    server_name _;
${certificate(first)}
    return 444;
}
`;
}

function server(site: Site, address: string): string {
  const { domain, service, at } = site;
  return `# ${service.name} on ${service.machine}
server {
    listen ${address}:443 ssl;
    server_name ${domain};
${certificate(site)}

    location / {
        proxy_pass http://${at};
        # The service knows this machine by this address.
        proxy_bind ${address};
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $ecluse_connection;
        # For its log; nobody is let in by it. What the client wrote there itself is not passed on.
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto https;
    }
}
`;
}

function certificate({ domain }: Site): string {
  return `    ssl_certificate /etc/nginx/certificates/${domain}.pem;
    ssl_certificate_key /etc/nginx/certificates/${domain}.key;`;
}
