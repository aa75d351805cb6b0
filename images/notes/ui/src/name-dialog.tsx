import { useEffect, useRef, useState, type FormEvent } from "react";

interface NameDialogProps {
  readonly title: string;
  readonly action: string;
  readonly initial: string;
  readonly onName: (path: string) => Promise<void>;
  readonly onCancel: () => void;
}

/** Asks where a note is to lie. */
export function NameDialog({ title, action, initial, onName, onCancel }: NameDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState(initial.replace(/\.md$/i, ""));
  const [mistake, setMistake] = useState<string>();
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onName(`${name.trim().replace(/\.md$/i, "")}.md`).catch((error: unknown) =>
      setMistake(error instanceof Error ? error.message : String(error)),
    );
  };
  return (
    <dialog ref={dialog} onClose={onCancel} aria-label={title}>
      <form onSubmit={submit}>
        <h1 className="group">{title}</h1>
        <label>
          Name, with folders if you like: <code>plans/Garden</code>
          <input autoFocus required value={name} onChange={({ target }) => setName(target.value)} spellCheck={false} />
        </label>
        {mistake !== undefined && (
          <p className="banner bad" role="alert">
            {mistake}
          </p>
        )}
        <div className="actions">
          <button type="button" className="quiet" onClick={onCancel}>
            Cancel
          </button>
          <button type="submit" className="primary">
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
