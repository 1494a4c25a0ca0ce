import { readManifest, verifyModel } from '../adapters/speech/model-pack.ts';
import { toAppError, type AppError } from '../base/app-error.ts';

export { readManifest };

export interface PackCheck {
  readonly pack: string;
  readonly role: string;
  readonly problem: AppError | null;
}

/** Checks every model of every pack against its checksums. Throws only when the manifest itself cannot be read. */
export function verifyPacks(manifestPath: string): readonly PackCheck[] {
  return readManifest(manifestPath).packs.flatMap((pack) =>
    pack.models.map(({ role }) => {
      try {
        verifyModel({ manifestPath, pack: pack.id, role });
        return { pack: pack.id, role, problem: null };
      } catch (error) {
        return { pack: pack.id, role, problem: toAppError(error, 'model_corrupt') };
      }
    }),
  );
}
