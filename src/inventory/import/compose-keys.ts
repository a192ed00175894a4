/** The keys that a compose file may have at its top, and those of a service (compose-spec, schema/compose-spec.json). */

const TOP: ReadonlySet<string> = new Set([
  ...["version", "name", "include", "services", "models", "networks", "volumes", "secrets", "configs"],
]);

const SERVICE: ReadonlySet<string> = new Set([
  ...["annotations", "attach", "blkio_config", "build", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "command"],
  ...["configs", "container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period"],
  ...["cpu_rt_runtime", "cpu_shares", "cpus", "cpuset", "credential_spec", "depends_on", "deploy", "develop"],
  ...["device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search", "domainname", "entrypoint", "env_file"],
  ...["environment", "expose", "extends", "external_links", "extra_hosts", "gpus", "group_add", "healthcheck"],
  ...["hostname", "image", "init", "ipc", "isolation", "label_file", "labels", "links", "logging", "mac_address"],
  ...["mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "models", "network_mode", "networks"],
  ...["oom_kill_disable", "oom_score_adj", "pid", "pids_limit", "platform", "ports", "post_start", "pre_stop"],
  ...["privileged", "profiles", "provider", "pull_policy", "pull_refresh_after", "read_only", "restart", "runtime"],
  ...["scale", "secrets", "security_opt", "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "storage_opt"],
  ...["sysctls", "tmpfs", "tty", "ulimits", "use_api_socket", "user", "userns_mode", "uts", "volume_driver"],
  ...["volumes", "volumes_from", "working_dir"],
]);

export function isTopKey(key: string): boolean {
  return TOP.has(key) || key.startsWith("x-");
}

export function isServiceKey(key: string): boolean {
  return SERVICE.has(key) || key.startsWith("x-");
}
