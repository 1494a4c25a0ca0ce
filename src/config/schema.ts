import { z } from 'zod';
import { caFile } from './ca-file.ts';
import { alertsSchema, confirmationsSchema, destinationSchema, plansSchema } from './destinations-schema.ts';

/** Every key of config.yaml with its default; `describe` is the line that `vestibule config show` prints beside it. */
const port = z.number().int().min(1).max(65_535);
const ms = z.number().int().min(0);

export const configSchema = z.strictObject({
  dataDir: z.string().min(1).default('var').describe('Folder of everything the product writes; relative to config.yaml.'),
  practice: z.string().min(1).default('config/practice.demo.yaml').describe('The practice profile; relative to config.yaml.'),
  tenant: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default('demo')
    .describe('Name of this installation in operation keys.'),
  sip: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('Address the SIP transport listens on.'),
      port: port.default(5060).describe('UDP port of the SIP transport.'),
      rtpPortMin: port.default(10_000).describe('First UDP port for audio.'),
      rtpPortMax: port.default(10_499).describe('Last UDP port for audio.'),
    })
    .prefault({}),
  ari: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('Address of the Asterisk HTTP server.'),
      port: port.default(8088).describe('Port of the Asterisk HTTP server.'),
      user: z.string().min(1).default('vestibule').describe('ARI user.'),
      passwordFile: z.string().optional().describe('File with the ARI password; made in dataDir/keys when absent.'),
    })
    .prefault({}),
  redis: z
    .strictObject({
      managed: z.boolean().default(true).describe('Start a private Redis; false uses the socket of your own.'),
      socket: z.string().optional().describe('Unix socket of Redis; dataDir/run/redis.sock when absent.'),
    })
    .prefault({}),
  calendar: z
    .strictObject({
      managed: z.boolean().default(true).describe('Start a private Radicale; false uses your own CalDAV server at `url`.'),
      port: port.default(5232).describe('Port of the private Radicale.'),
      url: z.url().optional().describe('Address of the calendar collection; the private Radicale when absent.'),
      caFile,
      user: z.string().min(1).default('practice').describe('CalDAV user.'),
      passwordFile: z.string().optional().describe('File with the CalDAV password; made in dataDir/keys when absent.'),
      sandbox: z.boolean().default(true).describe('True for a calendar that simulations may write to.'),
    })
    .prefault({}),
  destinations: z.array(destinationSchema).max(20).default([]).describe('Systems beside the calendar and the inbox.'),
  plans: plansSchema,
  confirmations: confirmationsSchema,
  alerts: alertsSchema,
  models: z
    .strictObject({
      manifest: z.string().default('models/manifest.json').describe('List of the model files with their checksums.'),
      pack: z.string().default('starter').describe('The pack in use.'),
    })
    .prefault({}),
  call: z
    .strictObject({
      answerBudgetMs: ms.max(10_000).default(1800).describe('How long a caller waits for a write before hearing that it is pending.'),
      fillerAfterMs: ms.default(450).describe('A filler is spoken when nothing is ready after this time.'),
      noInputMs: ms.min(1000).default(7000).describe('Silence after which the caller is asked again.'),
      lengthMsMax: ms.min(10_000).default(900_000).describe('Hard cap on the length of a call.'),
      concurrentMax: z.number().int().min(1).max(500).default(50).describe('Calls answered at once; more go to the human dialplan.'),
      promiseDeadlineMs: ms.default(900_000).describe('A promise not kept by then becomes a task for a human.'),
    })
    .prefault({}),
  people: z
    .strictObject({
      endpoint: z.string().default('PJSIP/frontdesk').describe('Endpoint that rings when a caller asks for a human.'),
      ringTimeoutMs: ms.min(1000).default(20_000).describe('How long the human rings.'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least severe line that is written.'),
      personalData: z.boolean().default(false).describe('True writes fields under `pii`; for a laboratory only.'),
    })
    .prefault({}),
  monitoring: z
    .strictObject({
      port: port.nullable().default(null).describe('Port on 127.0.0.1 for GET /metrics (Prometheus) and GET /healthz; usually 9464.'),
      otlpUrl: z
        .url()
        .nullable()
        .default(null)
        .describe('Address of a collector for traces (OTLP/HTTP, such as http://127.0.0.1:4318/v1/traces); nothing is sent when absent.'),
    })
    .prefault({}),
  simulation: z
    .strictObject({
      businessNow: z.iso.datetime({ offset: true }).nullable().default(null).describe('What the time is for callers; simulations only.'),
      faultPoint: z.string().nullable().default(null).describe('Named point at which the worker ends itself; tests only.'),
      seed: z.number().int().nullable().default(null).describe('Makes the pauses between attempts the same every time; tests only.'),
      control: z.boolean().default(false).describe('Lets a simulation set the clock and the profile over the control socket.'),
    })
    .prefault({}),
});

export type ConfigFile = z.infer<typeof configSchema>;

const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
const isoDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

/** The practice profile file; mirrors `PracticeProfile` of the domain. */
export const practiceSchema = z.strictObject({
  id: z.string().min(1),
  spokenName: z.string().min(1),
  timeZone: z.string().refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone), 'is not an IANA time zone'),
  language: z.literal('en'),
  emergencyNumber: z.string().regex(/^\d{2,6}$/),
  phoneCountry: z.string().regex(/^[A-Z]{2}$/),
  openingHours: z
    .array(z.array(z.strictObject({ from: localTime, to: localTime }).refine((span) => span.from < span.to, 'ends before it begins')))
    .length(7),
  holidays: z.array(isoDay).default([]),
  services: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[a-z0-9-]+$/),
        spokenName: z.string().min(1),
        phrases: z.array(z.string()).default([]),
        minutes: z.number().int().min(5).max(480),
        startsAtMinutes: z.array(z.number().int().min(0).max(59)).min(1),
      }),
    )
    .min(1),
  questions: z.array(z.strictObject({ id: z.string(), phrases: z.array(z.string()).min(1), answer: z.string().min(1) })).default([]),
  people: z.array(z.string()).default([]),
  horizonDays: z.number().int().min(1).max(365).default(60),
  vocabulary: z.array(z.string()).default([]),
});
