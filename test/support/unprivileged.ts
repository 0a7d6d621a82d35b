/** A program that meets a tree as a user who owns nothing of it. */

import { readStable } from '../../src/files/read.js';
import { TreeDirectory } from '../../src/files/tree-directory.js';
import { signaturesAmong } from '../../src/files/walk.js';
import { answer } from './children.js';
import { attempt, inDirectory, list, statFile } from './listing.js';
import { becomeNobody } from './nobody.js';

export type Request =
  | { readonly what: 'open'; readonly base: string; readonly path: string }
  | {
      readonly what: 'list' | 'signatures';
      readonly base: string;
      readonly path: string;
      readonly only: readonly string[] | null;
    }
  | { readonly what: 'read'; readonly base: string; readonly name: string };

becomeNobody();

answer<Request>((request) =>
  attempt(() => {
    switch (request.what) {
      case 'open':
        TreeDirectory.open(request.base, request.path).close();
        return 'opened';
      case 'list':
        return list(request.base, request.path, request.only).files.map(({ name }) => name);
      case 'signatures':
        return inDirectory(request.base, request.path, (directory) => [
          ...signaturesAmong(
            directory,
            list(request.base, request.path, request.only),
            request.only,
          ).found.keys(),
        ]);
      case 'read':
        return inDirectory(request.base, '', (directory) =>
          readStable(directory, request.name, statFile(`${request.base}/${request.name}`), {
            buffer: new Uint8Array(64),
            consume: () => {},
            proceed: () => true,
          }),
        );
    }
  }),
);
