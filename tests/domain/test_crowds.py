"""Lists whose addresses end in one mailbox, or in one domain: counted, and said in words."""

from incident_app.domain.recipients import Crowds, at_domain, crowd_words


def test_a_list_counts_its_domains_and_crowded_mailboxes_in_bounded_memory() -> None:
    crowds = Crowds()
    for number in range(30_000):
        crowds.add(f"p{number}@d{number}.example")
    for number in range(4):
        crowds.add(f"v+{number}@example.org")
        crowds.add(f"v+{number}@example.org")
    crowds.add("w+1@example.org")

    assert crowds.domains() == [("example.org", 9)]
    assert crowds.crowded() == {"mailboxes": 1, "people": 4}
    assert crowd_words({"mailboxes": 2, "people": 9}).startswith("9 addresses of the list end in 2 mailboxes")
    assert (at_domain([["example.org", 9]], "dpo@Example.org"), at_domain([], "dpo@example.org")) == (9, 0)
    assert Crowds().crowded() == {}


def test_an_address_whose_line_was_joined_is_taken_back() -> None:
    # Given five lines of four people, and a domain that came after the memory was full
    crowds = Crowds()
    for address in ("a@example.org", "A@Example.org", "b@example.org", "v+1@example.org", "v+2@example.org", "v+3@example.org"):
        crowds.add(address)

    # When two lines are one person, and one mailbox is only written to twice
    crowds.remove("a@EXAMPLE.org")
    crowds.remove("v+3@example.org")
    crowds.remove("never@counted.example")

    # Then the domain has four people, and nothing is crowded
    assert crowds.domains() == [("example.org", 4)]
    assert crowds.crowded() == {}
