/** When to raise an alarm: each rule, and what it says in the inventory's language. */

export interface Alert {
  readonly name: string;
  /** PromQL. */
  readonly expr: string;
  /** How long it must hold before anybody is told. */
  readonly for: string;
  readonly severity: "critical" | "warning" | "info";
  /** What is wrong, and what to do first. Prometheus fills in what stands in double braces. */
  readonly says: Readonly<Record<"en" | "fr", Words>>;
}

export interface Words {
  readonly summary: string;
  readonly description: string;
}

export const ALERTS: readonly Alert[] = [
  {
    name: "EcluseDown",
    expr: 'up{job="ecluse"} == 0 or absent(up{job="ecluse"})',
    for: "2m",
    severity: "critical",
    says: {
      en: {
        summary: "The gateway does not answer",
        description:
          "Its metrics could not be read for two minutes. On its host: systemctl status ecluse; ecluse status",
      },
      fr: {
        summary: "La passerelle ne répond pas",
        description:
          "Ses métriques n’ont pas pu être lues depuis deux minutes. Sur son hôte : systemctl status ecluse ; ecluse status",
      },
    },
  },
  {
    name: "EcluseDoorsBlocked",
    expr: 'ecluse_doors{state="blocked"} > 0',
    for: "2m",
    severity: "critical",
    says: {
      en: {
        summary: "Doors that cannot be opened: {{ $value }}",
        description: "Nobody can enter there. ecluse status names them and what stands in the way",
      },
      fr: {
        summary: "Portes qui ne peuvent pas être ouvertes : {{ $value }}",
        description: "Personne ne peut y entrer. ecluse status les nomme et dit ce qui l’empêche",
      },
    },
  },
  {
    // It falls and stands again within seconds where another program reloads its rules.
    name: "EcluseShieldDown",
    expr: 'ecluse_shield_state{state="down"} == 1',
    for: "2m",
    severity: "warning",
    says: {
      en: {
        summary: "The kernel does not refuse strangers",
        description: "The gateway itself does, and a flood slows it. ecluse status says why",
      },
      fr: {
        summary: "Le noyau ne refuse pas les inconnus",
        description: "La passerelle le fait elle-même, et un flot la ralentit. ecluse status dit pourquoi",
      },
    },
  },
  {
    name: "EcluseShieldStuck",
    expr: 'ecluse_shield_state{state="stuck"} == 1',
    for: "30s",
    severity: "critical",
    says: {
      en: {
        summary: "The kernel may refuse those who are allowed",
        description:
          "The shield's table cannot be changed nor taken away. On the gateway's host: sudo nft delete table ip ecluse_shield; ecluse status",
      },
      fr: {
        summary: "Le noyau refuse peut-être qui est autorisé",
        description:
          "La table du bouclier ne peut être ni changée ni retirée. Sur l’hôte de la passerelle : sudo nft delete table ip ecluse_shield ; ecluse status",
      },
    },
  },
  {
    name: "EcluseRefusalsRising",
    expr: [
      "sum by (job, instance) (rate(ecluse_refusals_total[10m])) > 0.2",
      "and sum by (job, instance) (rate(ecluse_refusals_total[10m]))",
      "> 5 * sum by (job, instance) (rate(ecluse_refusals_total[1d] offset 10m))",
    ].join("\n"),
    for: "5m",
    severity: "warning",
    says: {
      en: {
        summary: "Far more connections are refused than usual",
        description:
          "{{ $value | humanize }} a second, more than five times the day before. Who and where: ecluse refusals --from 1h",
      },
      fr: {
        summary: "Bien plus de connexions que d’habitude sont refusées",
        description:
          "{{ $value | humanize }} par seconde, plus de cinq fois la veille. Qui et où : ecluse refusals --from 1h",
      },
    },
  },
  {
    name: "EcluseTerminalsUnreachable",
    expr: [
      'sum by (job, instance) (increase(ecluse_sessions_ended_total{outcome="dial-failed"}[10m])) > 5',
      'and sum by (job, instance) (increase(ecluse_sessions_ended_total{outcome="dial-failed"}[10m]))',
      "> 0.2 * sum by (job, instance) (increase(ecluse_sessions_ended_total[10m]))",
    ].join("\n"),
    for: "5m",
    severity: "critical",
    says: {
      en: {
        summary: "Terminals do not answer",
        description:
          "More than one call in five reaches nobody: is the tunnel up? ecluse journal --outcome dial-failed",
      },
      fr: {
        summary: "Des terminaux ne répondent pas",
        description:
          "Plus d’un appel sur cinq n’atteint personne : le tunnel est-il en place ? ecluse journal --outcome dial-failed",
      },
    },
  },
  {
    // The same two hours of the week before: a depot is silent at night and on Sundays, and nobody is to be woken for it.
    name: "EcluseDepotSilent",
    expr: [
      'sum by (job, instance, depot) (increase(ecluse_flow_sessions_ended_total{depot!=""}[2h])) == 0',
      'and sum by (job, instance, depot) (increase(ecluse_flow_sessions_ended_total{depot!=""}[2h] offset 1w)) > 0',
      'and sum by (job, instance, depot) (ecluse_flow_sessions{depot!=""}) == 0',
    ].join("\n"),
    for: "10m",
    severity: "warning",
    says: {
      en: {
        summary: "Depot {{ $labels.depot }} has had no session for two hours",
        description: "It had some a week ago at this time. ecluse status depot{{ $labels.depot }}",
      },
      fr: {
        summary: "Le dépôt {{ $labels.depot }} n’a eu aucune session depuis deux heures",
        description: "Il en avait il y a une semaine à cette heure. ecluse status depot{{ $labels.depot }}",
      },
    },
  },
  {
    name: "EcluseSessionsNearLimit",
    expr: "sum by (job, instance) (ecluse_sessions) > 0.9 * sum by (job, instance) (ecluse_sessions_limit)",
    for: "2m",
    severity: "warning",
    says: {
      en: {
        summary: "Nearly as many sessions as the inventory allows",
        description: "Open: {{ $value }}; beyond gateway.limits.sessions tills are refused. ecluse sessions",
      },
      fr: {
        summary: "Presque autant de sessions que l’inventaire en permet",
        description:
          "Ouvertes : {{ $value }} ; au-delà de gateway.limits.sessions les caisses sont refusées. ecluse sessions",
      },
    },
  },
  {
    name: "EcluseDescriptorsNearLimit",
    expr: "ecluse_descriptors_open > 0.9 * ecluse_descriptors_limit",
    for: "5m",
    severity: "warning",
    says: {
      en: {
        summary: "The gateway runs out of descriptors",
        description: "Open: {{ $value }}. Raise LimitNOFILE= of its unit: each session takes two",
      },
      fr: {
        summary: "La passerelle manque de descripteurs",
        description: "Ouverts : {{ $value }}. Augmentez LimitNOFILE= de son unité : chaque session en prend deux",
      },
    },
  },
  {
    name: "EcluseEventLoopSlow",
    expr: "histogram_quantile(0.99, sum by (job, instance, le) (rate(ecluse_event_loop_delay_seconds_bucket[5m]))) > 0.1",
    for: "10m",
    severity: "warning",
    says: {
      en: {
        summary: "The gateway answers slowly",
        description:
          "One event in a hundred waits for {{ $value | humanizeDuration }}: something else takes the processor’s time, or too many knock",
      },
      fr: {
        summary: "La passerelle répond lentement",
        description:
          "Un événement sur cent attend {{ $value | humanizeDuration }} : autre chose prend le temps du processeur, ou trop frappent à la porte",
      },
    },
  },
  {
    name: "EcluseJournalFailing",
    expr: "ecluse_journal_failing == 1",
    for: "5m",
    severity: "critical",
    says: {
      en: {
        summary: "The journal cannot be written",
        description: "Sessions go on; what happens meanwhile may be lost to it. Is the disk full? ecluse status",
      },
      fr: {
        summary: "Le journal ne peut pas être écrit",
        description:
          "Les sessions continuent ; ce qui se passe entre-temps peut y manquer. Le disque est-il plein ? ecluse status",
      },
    },
  },
  {
    name: "EcluseJournalDropping",
    expr: "sum by (job, instance) (increase(ecluse_journal_dropped_total[10m])) > 0",
    for: "0m",
    severity: "critical",
    says: {
      en: {
        summary: "The journal has lost rows",
        description: "What it lacks is noted in it as a gap. ecluse status says why",
      },
      fr: {
        summary: "Le journal a perdu des lignes",
        description: "Ce qui manque y est noté comme une lacune. ecluse status dit pourquoi",
      },
    },
  },
  {
    name: "EcluseGrantsExpiring",
    expr: "ecluse_grants_expiring > 0",
    for: "0m",
    severity: "info",
    says: {
      en: {
        summary: "Rights that end within 24 hours: {{ $value }}",
        description: "Whoever still needs one must be given it anew. ecluse check --show; ecluse grants",
      },
      fr: {
        summary: "Droits qui prennent fin dans les 24 heures : {{ $value }}",
        description: "Qui en a encore besoin doit en recevoir un nouveau. ecluse check --show ; ecluse grants",
      },
    },
  },
];
