"""Codes of languages (ISO 639): which there are, in two letters and in three."""

_TWO = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el "
    "en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu "
    "ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na "
    "nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn "
    "so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
)
"""ISO 639-1."""
_THREE = (
    "ace ach acm ada ady aeb afa afb afh agq ain ajp akk akz ale alg aln alt ang ann anp apa apc arb arc arn aro arp "
    "arq ars art arw ary arz asa ase ast ath atj aus avk awa bad bai bal ban bar bas bat bax bbc bbj bej bem ber bew "
    "bez bfd bfq bgc bgn bho bik bin bjn bkm bla blo blt bnt bpy bqi bra brh brx bss btk bua bug bum byn byv cad cai "
    "car cau cay cch ccp ceb cel cgg chb chg chk chm chn cho chp chr chy cic ckb clc cmc cnr cop cpe cpf cpp cps crg "
    "crh crj crk crl crm crp crr crs csb csw cus dak dar dav day del den dgr din dje doi dra dsb dtp dua dum dyo dyu "
    "dzg ebu efi egl egy eka elx enm esu ewo ext fan fat fil fit fiu fon frc frm fro frp frr frs fur gaa gag gan gay "
    "gba gbz gem gez gil glk gmh goh gon gor got grb grc gsw guc gur guz gwi hai hak haw hax hif hil him hit hmn hnj "
    "hsb hsn hup hur iba ibb ijo ikt ilo inc ine inh ira iro izh jam jbo jgo jmc jpr jrb jut kaa kab kac kaj kam kar "
    "kaw kbd kbl kcg kde kea ken kfo kgp kha khi kho khq khw kiu kkj kln kmb koi kok kos kpe krc kri krj krl kro kru "
    "ksb ksf ksh kum kut kwk kxv lad lag lah lam lez lfn lij lil liv lkt lmo lol lou loz lrc lsm ltg lua lui lun luo "
    "lus luy lzh lzz mad maf mag mai mak man map mas mde mdf mdr men mer mfe mga mgh mgo mic min mkh mnc mni mno moe "
    "moh mos mrj mua mun mus mwl mwr mwv mye myn myv mzn nah nai nan nap naq nds new nia nic niu njo nmg nnh nog non "
    "nov nqo nso nub nus nwc nym nyn nyo nzi ojb ojc ojs ojw oka osa ota oto paa pag pal pam pap pau pcd pcm pdc pdt "
    "peo pfl phi phn pis pms pnt pon pqm pra prg pro quc qug raj rap rar rgn rhg rif roa rof rom rtm rue rug rup rwk "
    "sad sah sai sal sam saq sas sat saz sba sbp scn sco sdc sdh see seh sei sel sem ses sga sgn sgs shi shn shu sid "
    "sio sit sla slh sli sly sma smi smj smn sms snk sog son srn srr ssa ssy stq str suk sus sux swb syc syr szl tai "
    "tce tcy tem teo ter tet tgx tht tig tiv tkl tkr tlh tli tly tmh tog tok tpi tru trv trw tsd tsi ttm ttt tum tup "
    "tut tvl twq tyv tzm udm uga umb vai vec vep vls vmf vmw vot vro vun wae wak wal war was wbp wen wuu xal xmf xnr "
    "xog yao yap yav ybb ypk yrl yue zap zbl zea zen zgh znd zun zza "
)
"""ISO 639-2, and of ISO 639-3 those the world's software has names for (Unicode CLDR): there is none for them in two letters."""
_LONGER = (
    "aar:aa abk:ab adp:dz afr:af aka:ak alb:sq als:sq amh:am ara:ar arg:an arm:hy asm:as ava:av ave:ae aym:ay ayr:ay "
    "aze:az azj:az bak:ba bam:bm baq:eu bel:be ben:bn bih:bh bis:bi bod:bo bos:bs bre:br bul:bg bur:my cat:ca ces:cs "
    "cha:ch che:ce chi:zh chu:cu chv:cv cls:sa cmn:zh cor:kw cos:co cre:cr cwd:cr cym:cy cze:cs dan:da deu:de div:dv "
    "drh:mn dut:nl dzo:dz ekk:et ell:el eng:en epo:eo esk:ik est:et eus:eu ewe:ee fao:fo fas:fa fij:fj fin:fi fra:fr "
    "fre:fr fry:fy fuc:ff ful:ff gaz:om geo:ka ger:de gla:gd gle:ga glg:gl glv:gv gre:el grn:gn gug:gn guj:gu hat:ht "
    "hau:ha heb:he her:hz hin:hi hmo:ho hrv:hr hun:hu hye:hy ibo:ig ice:is ido:io iii:ii ike:iu iku:iu ile:ie ina:ia "
    "ind:id ipk:ik isl:is ita:it jav:jv jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr kaz:kk khk:mn khm:km kik:ki kin:rw "
    "kir:ky kmr:ku knc:kr kng:kg kom:kv kon:kg kor:ko kpv:kv kua:kj kur:ku lao:lo lat:la lav:lv lim:li lin:ln lit:lt "
    "ltz:lb lub:lu lug:lg lvs:lv mac:mk mah:mh mal:ml mao:mi mar:mr may:ms mkd:mk mlg:mg mlt:mt mol:ro mon:mn mri:mi "
    "msa:ms mya:my nau:na nav:nv nbl:nr nde:nd ndo:ng nep:ne nld:nl nno:nn nob:nb nor:no npi:ne nya:ny oci:oc ojg:oj "
    "oji:oj ori:or orm:om ory:or oss:os pan:pa pbu:ps per:fa pes:fa pli:pi plt:mg pol:pl por:pt prp:gu pus:ps que:qu "
    "quz:qu roh:rm ron:ro rum:ro run:rn rus:ru sag:sg san:sa scc:sr scr:hr sin:si slk:sk slo:sk slv:sl sme:se smo:sm "
    "sna:sn snd:sd som:so sot:st spa:es sqi:sq src:sc srd:sc srp:sr ssw:ss sun:su swa:sw swe:sv swh:sw tah:ty tam:ta "
    "tat:tt tel:te tgk:tg tgl:tl tha:th tib:bo tir:ti ton:to tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk urd:ur "
    "uzb:uz uzn:uz ven:ve vie:vi vol:vo wel:cy wln:wa wol:wo xho:xh ydd:yi yid:yi yor:yo zha:za zho:zh zsm:ms zul:zu "
    "zyb:za "
)
"""ISO 639-2, as some systems export it, of the languages that have two letters, and what ISO 639-3 calls their standard form."""
_EARLIER = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro"}
"""Codes withdrawn long ago, as old systems still write them."""
NOT_GIVEN = frozenset({"und", "mul", "mis", "zxx"})
"""Codes that name no language: nobody knows, several, one without a code, none at all."""

LANGUAGES = frozenset((_TWO + _THREE).split())
SHORTER = {**dict(one.split(":") for one in _LONGER.split()), **_EARLIER}


def read_language(code: str) -> str:
    """Return the code a language is known by here, for one in small letters: ``de`` for ``deu``; any other as it is."""
    return SHORTER.get(code, code)


def is_language(code: str) -> bool:
    """Tell whether there is such a language."""
    return code in LANGUAGES
