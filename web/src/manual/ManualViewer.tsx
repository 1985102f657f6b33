/** A page of a document with the passage that answers marked, and whether it helped. */

import { useEffect, useState } from "react";
import { api } from "../api/client";
import type { ManualPage } from "../api/types";
import { useAnswer, words } from "../parts/asking";
import { PdfPage } from "./PdfPage";
import { goTo, type Place, usePlace } from "./place";
import { TextPage } from "./TextPage";

export function ManualViewer() {
  const place = usePlace();
  const { answer, error } = useAnswer<ManualPage>(
    place.document
      ? (signal) => api.manualPage(place.document, place.page, place.question, { signal })
      : null,
    `${place.document}/${place.page}/${place.question}`,
    [],
  );
  useEffect(() => {
    if (answer) document.title = `${answer.title}, page ${answer.page}`;
  }, [answer]);
  if (!place.document) return <p className="manual-note">No document is named in the address.</p>;
  if (error) {
    return (
      <p className="manual-note" role="alert">
        {error}
      </p>
    );
  }
  if (!answer) return <p className="manual-note">Loading ...</p>;
  return (
    <div className="manual">
      <Head page={answer} place={place} />
      <main className="manual-sheet" aria-label={`Page ${answer.page}`}>
        {answer.drawn ? <PdfPage page={answer} /> : <TextPage page={answer} />}
      </main>
    </div>
  );
}

function Head({ page, place }: { page: ManualPage; place: Place }) {
  const about = [page.revision && `Revision ${page.revision}`, page.dated].filter(Boolean);
  return (
    <header className="manual-head">
      <div>
        <h1>{page.title}</h1>
        <p className="quiet">{[...about, page.heading].join(" · ")}</p>
        {page.superseded_by && (
          <p className="warning">
            A newer revision replaces this one:{" "}
            <a href={`#document=${page.superseded_by}&page=1`}>open it</a>
          </p>
        )}
      </div>
      <Pager page={page} place={place} />
      {place.question && <Vote key={`${page.document}/${page.page}`} page={page} place={place} />}
    </header>
  );
}

function Pager({ page, place }: { page: ManualPage; place: Place }) {
  const turn = (by: number) => goTo({ ...place, page: page.page + by });
  return (
    <nav className="manual-pager" aria-label="Pages">
      <button
        type="button"
        className="button"
        disabled={page.page <= 1}
        onClick={() => turn(-1)}
        aria-label="Page before"
      >
        ‹
      </button>
      <span>
        Page {page.page} of {page.pages}
      </span>
      <button
        type="button"
        className="button"
        disabled={page.page >= page.pages}
        onClick={() => turn(1)}
        aria-label="Next page"
      >
        ›
      </button>
    </nav>
  );
}

function Vote({ page, place }: { page: ManualPage; place: Place }) {
  const [said, setSaid] = useState("");
  const vote = (helpful: boolean) => {
    api
      .manualVote({
        document: page.document,
        page: page.page,
        helpful,
        question: place.question.slice(0, 300),
      })
      .then(
        () => setSaid("Thank you."),
        (error) => setSaid(words(error)),
      );
  };
  return (
    <p className="manual-vote" role="status">
      {said || (
        <>
          <span className="quiet">Does it answer “{place.question}”?</span>
          <button type="button" className="button" onClick={() => vote(true)}>
            Yes
          </button>
          <button type="button" className="button" onClick={() => vote(false)}>
            No
          </button>
        </>
      )}
    </p>
  );
}
