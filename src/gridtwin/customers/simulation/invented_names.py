"""The names that invented people, firms and streets are given."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Texts = NDArray[np.object_]

GIVEN_NAMES = [
    "James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David",
    "Elizabeth", "William", "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Sarah",
    "Charles", "Karen", "Christopher", "Lisa", "Daniel", "Nancy", "Matthew", "Betty", "Anthony",
    "Sandra", "Mark", "Margaret", "Donald", "Ashley", "Steven", "Kimberly", "Andrew", "Emily",
    "Paul", "Donna", "Joshua", "Michelle", "Kenneth", "Carol", "Kevin", "Amanda", "Brian",
    "Melissa", "George", "Deborah", "Timothy", "Stephanie", "Ronald", "Rebecca", "Jason", "Sharon",
    "Edward", "Laura", "Jeffrey", "Cynthia", "Ryan", "Dorothy", "Jacob", "Amy", "Gary", "Kathleen",
    "Nicholas", "Angela", "Eric", "Shirley", "Jonathan", "Emma", "Stephen", "Brenda", "Larry",
    "Pamela", "Justin", "Nicole", "Scott", "Anna", "Brandon", "Samantha", "Benjamin", "Katherine",
    "Samuel", "Christine", "Gregory", "Debra", "Alexander", "Rachel", "Patrick", "Carolyn", "Frank",
    "Janet", "Raymond", "Maria", "Jack", "Heather", "Dennis", "Diane", "Jerry", "Ruth", "Tyler",
    "Julie", "Aaron", "Olivia", "Jose", "Joyce", "Adam", "Virginia", "Nathan", "Victoria", "Henry",
    "Kelly", "Zachary", "Lauren", "Douglas", "Christina", "Peter", "Joan", "Kyle", "Evelyn", "Noah",
    "Judith", "Ethan", "Megan", "Jeremy", "Andrea", "Christian", "Cheryl", "Walter", "Hannah",
    "Keith", "Jacqueline", "Austin", "Martha", "Roger", "Gloria", "Terry", "Teresa", "Sean", "Ann",
    "Gerald", "Sara", "Carl", "Madison", "Dylan", "Frances", "Harold", "Kathryn", "Jordan",
    "Janice", "Jesse", "Jean", "Bryan", "Abigail", "Lawrence", "Alice", "Arthur", "Julia",
    "Gabriel", "Judy", "Bruce", "Sophia", "Logan", "Grace", "Juan", "Denise", "Albert", "Amber",
    "Willie", "Doris", "Carlos", "Marilyn", "Luis", "Danielle", "Miguel", "Beverly", "Rosa",
    "Isabella", "Jorge", "Theresa", "Guadalupe", "Diana", "Francisco", "Natalie", "Ricardo",
    "Brittany", "Manuel", "Charlotte", "Elena", "Marie", "Lucia", "Kayla", "Antonio", "Alexis",
    "Nguyen", "Thanh", "Linh", "Huy", "Priya", "Rahul", "Anjali", "Wei", "Ming", "Fatima", "Omar",
    "Aisha", "Hassan", "Chinedu", "Ngozi", "Kwame", "Ebony",
]  # fmt: skip
COMMON_SURNAMES = [
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez",
    "Martinez", "Hernandez", "Lopez", "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore",
    "Jackson", "Martin", "Lee", "Perez", "Thompson", "White", "Harris", "Sanchez", "Clark",
    "Ramirez", "Lewis", "Robinson", "Walker", "Young", "Allen", "King", "Wright", "Scott", "Torres",
    "Nguyen", "Hill", "Flores", "Green", "Adams", "Nelson", "Baker", "Hall", "Rivera", "Campbell",
    "Mitchell", "Carter", "Roberts", "Gomez", "Phillips", "Evans", "Turner", "Diaz", "Parker",
    "Cruz", "Edwards", "Collins", "Reyes", "Stewart", "Morris", "Morales", "Murphy", "Cook",
    "Rogers", "Gutierrez", "Ortiz", "Morgan", "Cooper", "Peterson", "Bailey", "Reed", "Kelly",
    "Howard", "Ramos", "Kim", "Cox", "Ward", "Richardson", "Watson", "Brooks", "Chavez", "Wood",
    "James", "Bennett", "Gray", "Mendoza", "Ruiz", "Hughes", "Price", "Alvarez", "Castillo",
    "Sanders", "Patel", "Myers", "Long", "Ross", "Foster", "Jimenez",
]  # fmt: skip
SURNAME_HEADS = [
    "Ash", "Barn", "Beck", "Black", "Brad", "Bran", "Brook", "Burn", "Cald", "Carl", "Chart",
    "Cole", "Crow", "Dale", "Dun", "East", "Eller", "Fair", "Fen", "Garr", "Glen", "Gold", "Grant",
    "Hal", "Hart", "Hather", "Hol", "Hunt", "Kel", "Ken", "Kirk", "Lang", "Lin", "Lock", "Mar",
    "Mel", "Nor", "Oak", "Pem", "Prit", "Rad", "Ran", "Red", "Rose", "Row", "Sand", "Sher", "Stan",
    "Staf", "Stock", "Sut", "Thorn", "Tren", "Wal", "War", "Wes", "Whit", "Win", "Wood", "York",
]  # fmt: skip
SURNAME_TAILS = [
    "berg", "bert", "bourne", "bridge", "brook", "bury", "by", "cott", "croft", "dale", "den",
    "don", "dyke", "field", "ford", "gate", "gren", "ham", "hardt", "hurst", "ington", "land",
    "ley", "lin", "low", "man", "mann", "mere", "mond", "more", "ner", "nett", "ridge", "sby",
    "sen", "shaw", "son", "stead", "sted", "stein", "ston", "strom", "thorpe", "ton", "vale",
    "vell", "ville", "wald", "ward", "well", "wick", "win", "wood", "worth",
]  # fmt: skip
STREET_HEADS = [
    "Acorn", "Alder", "Amber", "Antler", "Aspen", "Autumn", "Barker", "Bayou", "Bear", "Birch",
    "Blue", "Bluff", "Briar", "Canyon", "Cardinal", "Cedar", "Cherry", "Clover", "Copper", "Cotton",
    "Coyote", "Crane", "Crest", "Cypress", "Deer", "Dogwood", "Dove", "Eagle", "Elk", "Elm",
    "Falcon", "Fawn", "Fern", "Forest", "Fox", "Garden", "Granite", "Grove", "Hawk", "Hazel",
    "Heron", "Hickory", "High", "Holly", "Indigo", "Iron", "Ivy", "Jasper", "Juniper", "Lake",
    "Lark", "Laurel", "Linden", "Lone", "Magnolia", "Maple", "Meadow", "Mesa", "Mill", "Mission",
    "Moss", "Mustang", "Oak", "Olive", "Orchard", "Otter", "Palm", "Pecan", "Pebble", "Pine",
    "Plum", "Poplar", "Prairie", "Quail", "Raven", "Red", "Ridge", "River", "Robin", "Rose", "Sage",
    "Sand", "Shady", "Silver", "Spring", "Spruce", "Star", "Stone", "Summit", "Sunset", "Sycamore",
    "Thistle", "Timber", "Valley", "Walnut", "Willow", "Winding", "Wren",
]  # fmt: skip
STREET_TAILS = [
    "",
    "",
    "",
    " Bend",
    " Brook",
    " Creek",
    " Glen",
    " Hill",
    " Hollow",
    " Park",
    " Run",
]
STREET_KINDS = [
    "Street",
    "Avenue",
    "Drive",
    "Lane",
    "Court",
    "Road",
    "Way",
    "Place",
    "Circle",
]
CITIES = [
    "Fairmont",
    "Lakeside",
    "Brookdale",
    "Cedar Falls",
    "Pinewood",
    "Stonebridge",
    "Westfield",
]
TRADES = """
Plumbing|Roofing|Bakery|Grocery|Pharmacy|Dental Clinic|Auto Repair|Nail Salon|Barber Shop|Hardware
Pizza|Taqueria|Florist|Dry Cleaners|Law Office|Insurance Agency|Realty|Fitness|Day Care|Storage
Machine Shop|Welding|Landscaping|Car Wash|Veterinary Clinic|Coffee House|Print Shop|Tire Center
""".replace("\n", "|").strip("|").split("|")  # fmt: skip
INVENTED_LEGAL_FORMS = [
    "LLC",
    "Inc",
    "Inc.",
    "Corp",
    "Ltd",
    "Co",
    "LP",
    "L.L.C.",
    "Incorporated",
    "Company",
]


@cache
def list_surnames() -> Texts:
    """Return the surnames, the commonest first."""
    made = [head + tail for tail in SURNAME_TAILS for head in SURNAME_HEADS]
    mixed = np.random.default_rng(7).permutation(np.array(made, dtype=object))
    return np.concatenate([np.array(COMMON_SURNAMES, dtype=object), mixed])


@cache
def list_streets() -> Texts:
    """Return the streets, each with its type."""
    named = [f"{head}{tail}" for head in STREET_HEADS for tail in dict.fromkeys(STREET_TAILS)]
    return np.array([f"{name} {kind}" for name in named for kind in STREET_KINDS], dtype=object)


def draw_common(names: Texts, count: int, rng: np.random.Generator) -> Texts:
    """Return names drawn as names occur: the n-th about 1/(n + 20) as often as the first."""
    weight = 1.0 / (np.arange(len(names)) + 20.0)
    return names[rng.choice(len(names), count, p=weight / weight.sum())]
