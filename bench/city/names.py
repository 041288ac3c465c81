"""Given names, surnames and nicknames from which the people of the city are named, per group.

The lists are short; surnames get a long tail from stems and endings, and Spanish names from pairs.
"""

from typing import Final

GROUPS: Final = ("white", "black", "hispanic", "asian", "other")
SHARES: Final = (0.40, 0.24, 0.26, 0.06, 0.04)

GIVEN: Final = {
    ("white", "M"): """James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel
        Matthew Anthony Mark Donald Steven Andrew Paul Joshua Kenneth Kevin Brian Timothy Ronald Jason Edward Jeffrey
        Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Patrick
        Frank Alexander Raymond Jack Dennis Jerry Tyler Aaron Adam Nathan Zachary Kyle Ethan Sean Logan Dylan
        Seán Connor""",
    ("white", "F"): """Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty
        Sandra Margaret Ashley Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura
        Sharon Cynthia Kathleen Amy Angela Shirley Brenda Emma Anna Pamela Nicole Samantha Katherine Christine Helen
        Debra Rachel Carolyn Janet Maria Catherine Heather Diane Olivia Julie Joyce Victoria Kelly Christina Lauren
        Joan Evelyn Zoë Renée""",
    ("black", "M"): """James Michael Robert William Christopher Anthony Marcus Darnell Terrence Jamal DeAndre
        Tyrone Malik Andre Reginald Curtis Darius Jermaine Kareem Lamar Maurice Antoine D'Andre Trevon Isaiah Elijah
        Xavier Jalen Khalil Demetrius Cedric Leroy Otis Clarence Willie Jerome Dwayne Rashad Kendrick Tremaine
        Devonte Quincy Roosevelt Alonzo Cornelius""",
    ("black", "F"): """Mary Patricia Keisha Latoya Tamika Ebony Aaliyah Imani Jasmine Monique Yolanda Shanice
        Tanisha Nia Brianna Kiara Alexis Destiny Raven Latasha Danielle Denise Angela Crystal Tiffany Lakisha Shaniqua
        Precious Diamond Jada Kenya Ayanna Candace Felicia Gwendolyn Vanessa Wanda Bernice Ernestine Loretta""",
    ("hispanic", "M"): """José Luis Juan Carlos Jesús Miguel Francisco Antonio Manuel Pedro Alejandro Jorge Ricardo
        Fernando Roberto Eduardo Javier Rafael Daniel Ramón Sergio Mario Raúl Óscar Andrés Héctor Víctor Martín
        Ángel Arturo Alberto Enrique Gerardo Julio César Rubén Iván Diego Mateo Santiago Sebastián Adrián Ernesto
        Guadalupe Ignacio Salvador Tomás""",
    ("hispanic", "F"): """María Guadalupe Carmen Ana Rosa Juana Teresa Sofía Isabella Valentina Camila Gabriela
        Alejandra Verónica Leticia Patricia Elena Lucía Daniela Adriana Claudia Silvia Mónica Yolanda Margarita
        Esperanza Dolores Beatriz Marisol Araceli Rocío Mercedes Consuelo Graciela Lorena Norma Xiomara Ximena Paola
        Fernanda""",
    ("asian", "M"): """Wei Ming Jun Hao Minh Duc Tuan Hung Raj Amit Sanjay Vikram Hiroshi Kenji Jin Sung Kevin
        David Jason Andrew Anh Long Bao Arjun Rohan Ferdinand Jose Mark Vang Tou""",
    ("asian", "F"): """Mei Li Xiu Yan Linh Thu Hoa Lan Priya Anjali Sunita Deepa Yuki Keiko Jin Soo Jennifer Grace
        Michelle Amy Trang Phuong Maria Angelica Kavya Neha Mai Pa""",
    ("other", "M"): """Ahmed Mohammed Omar Ali Hassan Yusuf Ibrahim Dmitri Ivan Sergei Joseph Thomas Kai Keoni
        Running Samuel Isaac Abdi Tesfaye Noah""",
    ("other", "F"): """Fatima Aisha Zainab Maryam Layla Olga Natalia Svetlana Leilani Malia Hannah Ruth Amina Hodan
        Selam Rachel Noor Yasmin Irina Tatiana""",
}  # fmt: skip

SURNAMES: Final = {
    "white": """Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Thomas Moore Martin Thompson
        White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Nelson Baker Hall
        Campbell Mitchell Carter Roberts Phillips Evans Turner Parker Collins Edwards Stewart Morris Murphy Cook
        Rogers Morgan Peterson Cooper Reed Bailey Bell Kelly Ward Cox Richardson Wood Watson Brooks Bennett Gray
        Hughes Price Myers Long Foster Sanders Ross O'Brien O'Connor McCarthy McDonald MacLeod Schmidt Schneider
        Kowalski Nowak Novak Rossi Russo Romano Müller Larsen Jørgensen Björk Van-Dyke DeLuca Fitzgerald""",
    "black": """Washington Jefferson Williams Johnson Jackson Brown Jones Davis Smith Harris Robinson Thomas Taylor
        Lewis Walker Green Scott Carter Mitchell Coleman Banks Booker Gaines Dorsey Hairston Mosley Pierre Baptiste
        Joseph Charles Okafor Adeyemi Mensah Diallo Toure Freeman Randolph Singleton Chatman Beasley Hampton Rivers
        Broadnax Muhammad Tubman Bolden Pettway Ruffin St-Louis""",
    "hispanic": """García Rodríguez Martínez Hernández López González Pérez Sánchez Ramírez Torres Flores Rivera
        Gómez Díaz Reyes Cruz Morales Ortiz Gutiérrez Chávez Ramos Ruiz Álvarez Castillo Mendoza Vásquez Jiménez
        Moreno Romero Herrera Medina Aguilar Vargas Castro Guzmán Méndez Muñoz Salazar Garza Soto Vega Delgado
        Contreras Ríos Guerrero Estrada Ortega Núñez Maldonado Peña Cárdenas Ibarra Villarreal Cervantes Zúñiga
        Escobedo De-la-Cruz Del-Río""",
    "asian": """Nguyen Tran Le Pham Huynh Vu Chen Wang Li Zhang Liu Wong Chan Lee Kim Park Choi Patel Singh Shah
        Kumar Sharma Tanaka Suzuki Santos Reyes Vang Xiong Yang Khan""",
    "other": """Hassan Mohamed Abdi Ali Ahmed Ivanov Petrov Kuznetsov Kealoha Kahale Begay Yazzie Tsosie Haile
        Tesfaye Khalil Haddad Nasser Cohen Levy""",
}  # fmt: skip

STEMS: Final = {
    "white": (
        """Ash Black Brad Brook Carl Clif Cran Dal Dun East Fair Farn Glen Green Hamp Har Hart Hol Ken Kirk Lang
        Lin Mar Mel Nor Old Pen Quar Rad Ring Rock Sher Stan Strat Sut Thorn Up Wal West Whit Win Wood""",
        "ton ford ley man well wood worth field berg land by more brook bury den son stein wick shaw combe",
    ),
    "black": (
        "Wash Jeff Hamp Cole Bald Bar Dar Ever Frank Glad Harr Lat Mad Nick Pick Quin Rob Shel Tol Web",
        "ington erson ton man win ett els ings more well ford ley son field ester",
    ),
}  # fmt: skip

NICKNAMES: Final = """James:Jim John:Jack Robert:Bob Michael:Mike William:Bill David:Dave Richard:Rick Joseph:Joe
    Thomas:Tom Charles:Chuck Christopher:Chris Daniel:Dan Matthew:Matt Anthony:Tony Steven:Steve Andrew:Drew
    Joshua:Josh Kenneth:Ken Timothy:Tim Ronald:Ron Edward:Ed Jeffrey:Jeff Jacob:Jake Nicholas:Nick Jonathan:Jon
    Stephen:Steve Benjamin:Ben Samuel:Sam Gregory:Greg Patrick:Pat Alexander:Alex Raymond:Ray Zachary:Zach
    Nathan:Nate Elizabeth:Liz Patricia:Pat Jennifer:Jen Barbara:Barb Susan:Sue Jessica:Jess Margaret:Peggy
    Kimberly:Kim Deborah:Debbie Rebecca:Becky Katherine:Kathy Kathleen:Kathy Christine:Chris Samantha:Sam
    Victoria:Vicky Stephanie:Steph Cynthia:Cindy Pamela:Pam Terrence:Terry Reginald:Reggie Maurice:Moe Jermaine:Jay
    Demetrius:Meech Isaiah:Zay Elijah:Eli Latoya:Toya Tamika:Mika Jasmine:Jazz Francisco:Pancho José:Pepe
    Jesús:Chuy Ignacio:Nacho Guadalupe:Lupe Eduardo:Lalo Roberto:Beto Manuel:Manny Alejandro:Alex Antonio:Toño
    Enrique:Kike Rafael:Rafa Salvador:Chava María:Mari Dolores:Lola Mercedes:Meche Gabriela:Gaby Alejandra:Ale
    Verónica:Vero Leticia:Lety Fernando:Nando Mohammed:Mo"""

STREETS: Final = """Main Oak Pine Maple Cedar Elm Washington Lake Hill Park Second Third Fourth Fifth Walnut Spring
    North Ridge Church Willow Mill Sunset Railroad Jackson River Lincoln Highland Center Grove Franklin Dogwood
    Hickory Laurel Meadow Chestnut Locust Prospect College Adams Jefferson"""
STREET_KINDS: Final = ("St", "Ave", "Rd", "Blvd", "Dr", "Ln", "Ct", "Pl")


def surnames_of(group: str) -> list[str]:
    """The surnames of a group, commonest first, with the long tail that its stems give."""
    common = [name.replace("-", " ") if "la-" in name or "Del-" in name else name for name in SURNAMES[group].split()]
    if group not in STEMS:
        return common
    stems, endings = STEMS[group]
    tail = [stem + ending for ending in endings.split() for stem in stems.split()]
    return list(dict.fromkeys(common + tail))


def nicknames() -> dict[str, str]:
    """Given name → the short form that many go by."""
    return dict(pair.split(":") for pair in NICKNAMES.split())
