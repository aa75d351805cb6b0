/** Names of people, as a sentence has them. */
export function Contacts({ people }: { people: readonly string[] }) {
  if (people.length === 0) return <>whoever keeps this guild</>;
  return people.map((person, index) => (
    <span key={person}>
      {index > 0 && (index === people.length - 1 ? " or " : ", ")}
      <strong>{person}</strong>
    </span>
  ));
}
