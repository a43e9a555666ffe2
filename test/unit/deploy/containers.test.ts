import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { ConfigError } from '../../../src/config/config-error.ts';
import { listRoutes } from '../../../src/http/openapi/rows/routes.ts';
import { defaultConfig, parseConfig, SETTING_NAMES } from '../../../workers/config.ts';
import { KIND_NAMES, ROOT, readDocument } from '../../fast/docs/documents.ts';

/** What a process takes to close after DRAIN_SECONDS (src/server.ts, workers/main.ts). */
const CLOSING_SECONDS = 8;
const sorted = (names: Iterable<string>) => [...names].toSorted();

/** The kinds that the workers of a deployment run; each once. */
const kindsOf = (commands: readonly (readonly string[])[]) =>
  commands.flatMap(([role = '', ...kinds]) => (role === 'worker' ? kinds : []));

/** Settings as they stand, those that are left open as they are when nothing is said. */
const settingsOf = (given: Record<string, string | number>) =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));

describe('deploy/compose.yaml', () => {
  interface Service {
    command: string[];
    environment?: Record<string, string>;
    ports?: string[];
    stop_grace_period: string;
    read_only: boolean;
    volumes: string[];
  }
  const FILE = 'deploy/compose.yaml';
  const { services } = parse(readDocument(FILE), { merge: true }) as { services: Record<string, Service> };
  const { redis, ...ours } = services;
  const textOf = (value: unknown) => String(value).replace(/\$\{\w+:-(.*?)\}/, '$1');
  const valuesOf = ({ environment = {} }: Service) =>
    Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, textOf(value)]));

  it('has a web process, and workers of every kind once', () => {
    const commands = Object.values(ours).map(({ command }) => command);
    expect(sorted(kindsOf(commands))).toEqual(sorted(KIND_NAMES));
    expect(commands.filter(([role]) => role === 'web')).toHaveLength(1);
  });

  it('has settings that there are, and that the product takes', () => {
    for (const service of Object.values(ours)) {
      expect(Object.keys(valuesOf(service)).filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
      expect(parseConfig(valuesOf(service)).REDIS_URL).toBe('redis://redis:6379/0');
    }
  });

  it('gives each process the time to drain, and its volume alone to write', () => {
    for (const service of Object.values(ours)) {
      const { DRAIN_SECONDS } = parseConfig(valuesOf(service));
      expect(Number.parseInt(service.stop_grace_period, 10)).toBeGreaterThan(DRAIN_SECONDS + CLOSING_SECONDS);
      expect(service).toMatchObject({ read_only: true, volumes: ['data:/data'] });
    }
  });

  it('the port is the one that the web process listens on', () => {
    expect(services['web']?.ports).toEqual([`127.0.0.1:3000:${defaultConfig().PORT}`]);
  });

  it('Redis runs by redis.conf, which syncs each write and evicts nothing', () => {
    expect(redis?.command.slice(0, 2)).toEqual(['redis-server', 'redis.conf']);
    const conf = readDocument('redis.conf');
    for (const line of ['appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction']) {
      expect(conf.split('\n')).toContain(line);
    }
  });

  const compose = spawnSync('docker-compose', ['--version']);
  (compose.error ? it.skip : it)('docker-compose takes it', () => {
    const { status, stdout, stderr } = spawnSync('docker-compose', ['-f', join(ROOT, FILE), 'config'], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(sorted(Object.keys((parse(stdout) as { services: object }).services))).toEqual(
      sorted(Object.keys(services)),
    );
  });
});

interface Container {
  image: string;
  args: string[];
  ports?: { name: string; containerPort: number }[];
  envFrom?: Record<'configMapRef' | 'secretRef', { name: string }>[];
  securityContext: object;
  volumeMounts: { name: string; mountPath: string }[];
  lifecycle?: { preStop: { exec: { command: string[] } } };
  [probe: `${string}Probe`]: { httpGet?: { path: string; port: string } };
}

interface PodSpec {
  terminationGracePeriodSeconds: number;
  securityContext: object;
  containers: [Container];
  volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[];
}

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: differs by kind; the models judge it
  spec: any;
}

describe('deploy/kubernetes', () => {
  const FOLDER = 'deploy/kubernetes';
  const manifests = readdirSync(join(ROOT, FOLDER)).flatMap((file) =>
    parseAllDocuments(readDocument(join(FOLDER, file))).map((document) => document.toJS() as Manifest),
  );
  const all = (kind: string) => manifests.filter((one) => one.kind === kind);
  const named = (kind: string, name: string) => all(kind).find(({ metadata }) => metadata.name === name);
  const podOf = ({ spec }: Manifest) => spec.template.spec as PodSpec;
  const deployments = all('Deployment');
  const settings = { ...all('ConfigMap')[0]?.data, ...all('Secret')[0]?.stringData } as Record<string, string>;
  const filledIn = { ...settings, DEPLOYMENT_SECRET: 'x'.repeat(64), API_KEYS: `ops:${'k'.repeat(40)}:admin` };

  it.each(manifests.map((one) => [`${one.kind} ${one.metadata.name}`, one] as const))(
    '%s: as its model wants it',
    async (_title, one) => {
      const family = one.apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models';
      const models = await import(`${family}/${one.apiVersion}/${one.kind}`);
      expect(() => new models[one.kind](one).validate()).not.toThrow();
    },
  );

  it('has web processes, and workers of every kind once', () => {
    const commands = deployments.map((one) => podOf(one).containers[0].args);
    expect(sorted(kindsOf(commands))).toEqual(sorted(KIND_NAMES));
    expect(commands.filter(([role]) => role === 'web')).toHaveLength(1);
  });

  it('has settings that there are, and that the product takes once they are filled in, and not before', () => {
    expect(Object.keys(settings).filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
    expect(parseConfig(settingsOf(filledIn)).REDIS_URL).toBe('redis://heavylift-redis:6379/0');
    for (const name of ['DEPLOYMENT_SECRET', 'API_KEYS'] as const) {
      expect(() => parseConfig({ ...filledIn, [name]: settings[name] })).toThrow(ConfigError);
    }
  });

  it('gives each process the time to drain', () => {
    const { DRAIN_SECONDS } = parseConfig(settingsOf(filledIn));
    for (const pod of deployments.map(podOf)) {
      const before = Number(pod.containers[0].lifecycle?.preStop.exec.command[1] ?? 0);
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(before + DRAIN_SECONDS + CLOSING_SECONDS);
    }
  });

  it('asks what the web process answers, on the port that it listens on', () => {
    const [{ ports = [], ...container }] = podOf(named('Deployment', 'heavylift-web') as Manifest).containers;
    expect(ports).toEqual([{ name: 'http', containerPort: defaultConfig().PORT }]);
    const probes = Object.entries(container).filter(([name]) => name.endsWith('Probe'));
    const asked = probes.map(([, probe]) => (probe as Container['livenessProbe'])?.httpGet);
    expect(asked.map((get) => get?.path).toSorted()).toEqual(['/livez', '/livez', '/readyz']);
    const paths = listRoutes([...KIND_NAMES]).map(({ path }) => path);
    expect(asked.filter((get) => get?.port !== 'http' || !paths.includes(get.path))).toEqual([]);
  });

  it('refers to what is there: settings, volumes, pods, services', () => {
    const pods = [...deployments, ...all('StatefulSet')];
    for (const one of deployments) {
      const { containers, volumes } = podOf(one);
      for (const { configMapRef, secretRef } of containers[0].envFrom ?? []) {
        expect(configMapRef ? named('ConfigMap', configMapRef.name) : named('Secret', secretRef.name)).toBeDefined();
      }
      expect(containers[0].volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name));
      const claims = volumes.flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
      expect(claims.map((claim) => named('PersistentVolumeClaim', claim)?.spec.accessModes)).toEqual([
        ['ReadWriteMany'],
      ]);
    }
    const labels = pods.map(({ spec }) => spec.template.metadata.labels as Record<string, string>);
    const selectors = [
      ...pods.map(({ spec }) => spec.selector.matchLabels),
      ...all('Service').map(({ spec }) => spec.selector),
      ...all('PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
      ...all('NetworkPolicy').map(({ spec }) => spec.podSelector.matchLabels),
    ] as Record<string, string>[];
    const picks = (selector: Record<string, string>) =>
      labels.filter((label) => Object.entries(selector).every(([name, value]) => label[name] === value));
    expect(selectors.filter((selector) => picks(selector).length === 0)).toEqual([]);
    const backend = all('Ingress')[0]?.spec.rules[0].http.paths[0].backend.service;
    expect(named('Service', backend.name)?.spec.ports).toEqual([expect.objectContaining(backend.port)]);
  });

  it('lets no process be root, write its own files, or have a privilege', () => {
    for (const { spec } of [...deployments, ...all('StatefulSet')]) {
      const { containers, securityContext } = spec.template.spec as PodSpec;
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(containers[0].securityContext).toEqual({
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('scales workers by a metric that /metrics has, of a kind that they run', () => {
    for (const { spec } of all('ScaledObject')) {
      const scaled = named('Deployment', spec.scaleTargetRef.name) as Manifest;
      const [, metric = '', kind = ''] = /(\w+)\{kind="(\w+)"\}/.exec(spec.triggers[0].metadata.query) ?? [];
      expect(readDocument('docs/metrics.md')).toContain(`| \`${metric}\` | gauge | \`kind\` |`);
      expect(podOf(scaled).containers[0].args).toContain(kind);
    }
    expect(all('ScaledObject')).toHaveLength(1);
  });

  it('docs/deploy.md names every file', () => {
    const page = readDocument('docs/deploy.md');
    expect(readdirSync(join(ROOT, FOLDER)).filter((file) => !page.includes(`| \`${file}\` |`))).toEqual([]);
  });
});
