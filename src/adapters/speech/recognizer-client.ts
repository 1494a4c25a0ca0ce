import { AppError } from '../../base/app-error.ts';
import { withTimeout } from '../../base/scope.ts';
import { msToSamples } from '../../base/units.ts';
import type { Expectation } from '../../domain/dialog/dialog.ts';
import type { Link, OpenLink } from '../../ports/link.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RecognizedText, Recognizer, RecognizerStream } from '../../ports/recognizer.ts';
import { parseReport, type RecognizerCommand } from './recognizer-protocol.ts';

/** Audio of an utterance kept for a restarted recogniser; of a longer one the last part is fed again. */
const REPLAY_SAMPLES_MAX = msToSamples(30_000);
/** How long a final text may take, a restart of the recogniser included. */
const FINISH_MS_MAX = 10_000;

interface Utterance {
  readonly expectation: Expectation;
  readonly onText: (text: RecognizedText) => void;
  readonly pieces: Int16Array[];
  keptSamples: number;
  finishing: boolean;
  settle: { readonly resolve: (text: RecognizedText) => void; readonly reject: (error: Error) => void } | null;
}

function keep(utterance: Utterance, pcm: Int16Array): void {
  utterance.pieces.push(pcm);
  utterance.keptSamples += pcm.length;
  while (utterance.keptSamples > REPLAY_SAMPLES_MAX) utterance.keptSamples -= utterance.pieces.shift()?.length ?? 0;
}

interface Client {
  readonly utterances: Map<number, Utterance>;
  readonly link: Link;
}

function streamOf(client: Client, stream: number, utterance: Utterance): RecognizerStream {
  const { utterances, link } = client;
  const command = (message: RecognizerCommand): void => void link.send(message);
  return {
    feed: (pcm) => {
      if (utterance.finishing || !utterances.has(stream)) return;
      const copy = pcm.slice();
      keep(utterance, copy);
      link.sendAudio(stream, copy);
    },
    finish: async ({ signal }) => {
      if (utterance.finishing || !utterances.has(stream)) throw new AppError('speech_failed', 'the utterance has ended');
      utterance.finishing = true;
      const settled = new Promise<RecognizedText>((resolve, reject) => (utterance.settle = { resolve, reject }));
      command({ type: 'finish', stream });
      try {
        return await withTimeout(settled, FINISH_MS_MAX, 'the final text', signal);
      } catch (error) {
        settled.catch(() => undefined);
        throw new AppError('speech_failed', 'no final text', { cause: error });
      } finally {
        if (utterances.delete(stream)) command({ type: 'close', stream });
      }
    },
    close: () => {
      if (!utterances.delete(stream)) return;
      utterance.settle?.reject(new AppError('speech_failed', 'the utterance was closed'));
      command({ type: 'close', stream });
    },
  };
}

/** Port `Recognizer` over a link to the recogniser process; utterances survive a restart of that process. */
export function createRecognizerClient(openLink: OpenLink, logger: Logger): Recognizer {
  const utterances = new Map<number, Utterance>();
  let lastStream = 0;
  const command = (message: RecognizerCommand): void => void link.send(message);
  const link: Link = openLink({
    onMessage: (message) => {
      const report = parseReport(message);
      const utterance = report === null ? undefined : utterances.get(report.stream);
      if (report === null || utterance === undefined) return;
      if (report.type === 'failed') {
        utterances.delete(report.stream);
        utterance.settle?.reject(new AppError('speech_failed', report.message));
        logger.warn('recogniser: utterance failed', { stream: report.stream, reason: report.message });
        return;
      }
      const text: RecognizedText = { text: report.text, final: report.final, lastWordEndMs: report.lastWordEndMs };
      utterance.onText(text);
      if (text.final) utterance.settle?.resolve(text);
    },
    onConnected: () => {
      // A new recogniser knows nothing: everything that is open is said again.
      for (const [stream, utterance] of utterances) {
        command({ type: 'open', stream, expectation: utterance.expectation });
        for (const piece of utterance.pieces) link.sendAudio(stream, piece);
        if (utterance.finishing) command({ type: 'finish', stream });
      }
    },
    onLost: () => logger.warn('recogniser: link lost', { utterances: utterances.size }),
  });
  return {
    open: ({ expectation, onText }) => {
      lastStream += 1;
      const stream = lastStream;
      const utterance: Utterance = { expectation, onText, pieces: [], keptSamples: 0, finishing: false, settle: null };
      utterances.set(stream, utterance);
      command({ type: 'open', stream, expectation });
      return streamOf({ utterances, link }, stream, utterance);
    },
    close: async () => {
      for (const utterance of utterances.values()) utterance.settle?.reject(new AppError('speech_failed', 'the recogniser was closed'));
      utterances.clear();
      link.close();
    },
  };
}
